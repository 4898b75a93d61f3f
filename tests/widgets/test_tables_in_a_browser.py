"""The sortable table and the variant explorer in headless Chromium, opened from a file."""

import pytest

from zflib.widgets import SortableTable, VariantExplorer

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser

# What the book does to tables: rows of a notebook's tables in another colour, tables as blocks that scroll.
THEME = """
    div.cell_output table { border: none; margin: 1em auto; } .bd-article table { display: block; overflow-x: auto; }
    div.cell_output tbody tr:nth-child(odd) { background: #f5f5f5; } table { border-collapse: collapse; }
"""
ROWS = [
    ["as it is", 38.4, (25.1, "25.1 ± 0.4"), 62_357_608, "b"],
    ["without layer 7", 40.0, (9.5, "9.5 ± 0.2"), 45_576_392, "a"],
    ["2048 units", 40.2, None, 9_000, None],
    ["8192 units", 38.4, (100.0, "100.0"), 120_000_000, "c"],
]
ORDER = [row[0] for row in ROWS]


@pytest.fixture
def page(browser, tmp_path):
    columns = ["Row", "Paper", "Ours", "Parameters", "Note"]
    table = SortableTable(columns, ROWS, "Table 3", [("", 1), ("the paper, ImageNet", 1), ("ours, Imagenette", 3)])
    file = tmp_path / "page.html"
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>Tables</title><style>{THEME}</style><body class="bd-article"><div class="cell_output">'
        f"{table._repr_html_()}{VariantExplorer().page_html()}</div>",
        encoding="utf-8",
    )
    open_page(browser, file, 1200)
    yield file
    assert not browser.get_log("browser")


def open_page(browser, file, width):
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get_log("browser")  # forget the page before
    browser.get(file.as_uri())


def order(browser):
    return [header.text for header in browser.find_elements(By.CSS_SELECTOR, ".zf-table tbody th")]


def headers(browser):
    return browser.find_elements(By.CSS_SELECTOR, '.zf-table th[scope="col"]')


def press(browser, column, key=Keys.ENTER):
    headers(browser)[column].find_element(By.TAG_NAME, "button").send_keys(key)
    return order(browser)


def test_numbers_sort_by_value_missing_last_and_a_third_press_undoes(browser, page):
    assert press(browser, 2) == ["without layer 7", "as it is", "8192 units", "2048 units"]
    assert [header.get_attribute("aria-sort") for header in headers(browser)] == [
        *("none", "none", "ascending", "none", "none")
    ]
    assert browser.find_element(By.CSS_SELECTOR, ".zf-table [role=status]").text == "Sorted by Ours, ascending."
    assert press(browser, 2, Keys.SPACE) == ["8192 units", "as it is", "without layer 7", "2048 units"]
    assert headers(browser)[2].get_attribute("aria-sort") == "descending"
    assert press(browser, 2) == ORDER
    assert {header.get_attribute("aria-sort") for header in headers(browser)} == {"none"}
    assert press(browser, 3)[-1] == "8192 units" and press(browser, 3)[-1] == "2048 units"


def test_equal_values_stay_as_they_were_in_both_directions(browser, page):
    assert press(browser, 1) == ["as it is", "8192 units", "without layer 7", "2048 units"]
    assert press(browser, 1) == ["2048 units", "without layer 7", "as it is", "8192 units"]


def test_text_sorts_by_text_and_another_column_begins_upwards(browser, page):
    assert press(browser, 4) == ["without layer 7", "as it is", "8192 units", "2048 units"]
    assert press(browser, 0) == ["2048 units", "8192 units", "as it is", "without layer 7"]
    assert headers(browser)[4].get_attribute("aria-sort") == "none"
    assert [header.find_element(By.TAG_NAME, "button").accessible_name for header in headers(browser)] == [
        *("Row", "Paper", "Ours", "Parameters", "Note")
    ]


def test_without_javascript_it_is_a_table_and_no_button_pretends(browser, page):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page.as_uri())
        assert order(browser) == ORDER
        assert not browser.find_elements(By.CSS_SELECTOR, ".zf-table button")
        assert "62,357,608" in browser.find_element(By.CSS_SELECTOR, '[data-script="variants"] figure').text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_on_a_phone_tables_scroll_in_their_boxes(browser, page):
    open_page(browser, page, 280)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 280
    browser.find_element(By.CSS_SELECTOR, '[data-script="variants"] figure details > summary').click()
    boxes = browser.find_elements(By.CSS_SELECTOR, "[role=region]")
    assert len(boxes) == 3
    for box in boxes:
        within, needed = browser.execute_script("return [arguments[0].clientWidth, arguments[0].scrollWidth]", box)
        assert within < needed and box.get_attribute("tabindex") == "0" and box.accessible_name


def test_the_variant_follows_the_keyboard(browser, page):
    explorer = VariantExplorer()
    root = browser.find_element(By.CSS_SELECTOR, '[data-script="variants"]')
    controls = dict(zip(explorer.start, root.find_elements(By.CSS_SELECTOR, "[data-axis]"), strict=True))
    setting = dict(explorer.start)

    def says():
        return browser.execute_script(
            "const div = document.createElement('div'); div.innerHTML = arguments[1];"
            "const shown = [...arguments[0].querySelectorAll('figure > div')];"
            "return shown.map(part => part.outerHTML).join('') === div.innerHTML",
            root,
            explorer._result(**setting),
        )

    assert says()
    controls["network"].send_keys(Keys.ARROW_DOWN)
    setting |= {"network": "AlexNet", "kernel_of_layer_1": 11, "stride_of_layer_1": 4}
    assert says()
    assert controls["kernel_of_layer_1"].get_attribute("aria-valuetext") == "11"
    controls["without_layer_7"].send_keys(Keys.SPACE)
    controls["kernel_of_layer_1"].send_keys(Keys.HOME)
    controls["layers_6_and_7"].send_keys(Keys.HOME)
    setting |= {"without_layer_7": True, "kernel_of_layer_1": 3, "layers_6_and_7": "1024 units"}
    assert says()
    assert "A stride of 4 exceeds the kernel of 3" in root.text
    controls["network"].send_keys(Keys.ARROW_UP)
    setting |= {"network": "ZFNet", "kernel_of_layer_1": 7, "stride_of_layer_1": 2}
    assert says()
