"""A book of two small pages, printed by a real Chromium: contents, numbers, links, what is left out and what stays."""

import io
import re

import paper
import print_book
import pytest
from PIL import Image
from pypdf import PdfReader

pytestmark = pytest.mark.browser

SITE = "https://zflib.example.org/course/"
HEAD = '<head><title>t</title><link rel="stylesheet" href="{up}style.css"></head>'
MENU = '<ul class="dropdown-menu"><li>\n<button onclick="window.print()" class="b">.pdf</button>\n</li></ul>'
START = f"""<html>{HEAD.format(up="../")}<body>{MENU}<article class="bd-article"><section id="look">
<h1>Look inside<a class="headerlink" href="#look">#</a></h1>
<div class="zf-panel" data-panel="hero"><img src="../dot.png" alt="A dot"><button>Run it</button></div>
<p>Go to <a href="../notebooks/01_dots.html#the-quiz">the quiz</a>, or to <a href="extra.txt">a file</a>.</p>
<div class="toctree-wrapper compound"></div></section></article></body></html>"""
CHAPTER = f"""<html>{HEAD.format(up="../")}<body>{MENU}<article class="bd-article"><section id="why">
<h1>1. Why "dots"?<a class="headerlink" href="#why">#</a></h1>
<style>@page {{ size: A3; }} .bd-article p {{ letter-spacing: 0.01em; }}</style>
<p>{"Many words. " * 2500}</p>
<div class="cell tag_hide-input"><details class="hide"><summary>Show the code</summary><pre>hidden = 1</pre></details>
<div class="cell_output">printed by a cell</div></div>
<div class="cell tag_hide-cell"><details class="hide"><summary>A solution</summary><pre>solved = 2</pre></details></div>
<div class="cell"><pre>open_code = 3</pre></div>
<div class="zf-panel" id="zf-explorer-1"><div class="zf-controls">
<div><label for="a">map number</label><input type="range" id="a" value="4"><output for="a">7</output></div>
<div><label for="b">network</label><select id="b"><option>AlexNet</option><option selected>ZFNet</option></select></div>
<div><label for="c">grey</label><input type="checkbox" id="c"></div></div>
<figure><svg><text id="word" y="20">drawn once</text><use href="#word" y="20"></use></svg>
<figcaption>A still.</figcaption></figure>
<details><summary>More</summary>computed in the page</details><script>moving()</script></div>
<section id="the-quiz"><h2>Quiz</h2><p>Open the answer that you would give: it says whether it is right.</p>
<p><strong>1. How many?</strong></p><div role="group" aria-label="Answers to question 1">
<details class="zf-wrong"><summary>None</summary>Not quite: look again.</details>
<details class="zf-right"><summary>Two</summary>Right: there are two of them.</details></div>
<p>Back to <a href="../book/index.html">the start</a>.</p></section></section></article></body></html>"""
TOC = """format: jb-book
root: book/index
parts:
  - caption: The course
    chapters:
      - file: notebooks/01_dots
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book") / "html"
    for name, html in (("book/index", START), ("notebooks/01_dots", CHAPTER)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    (folder / "search.html").write_text("<html><body>no menu</body></html>")
    (folder / "style.css").write_text(
        "@media print { .bd-main .bd-content .bd-article h1:first-of-type { display: none; } }"
    )
    Image.new("RGB", (40, 40), "gray").save(folder / "dot.png")
    (folder.parent / "_toc.yml").write_text(TOC)
    return folder


@pytest.fixture(scope="module")
def book(pages):
    return paper.Book(pages, pages.parent / "_toc.yml", SITE, "The course", "its authors")


@pytest.fixture(scope="module")
def printed(book):
    try:
        print_book.chromium().quit()
    except SystemExit as missing:
        pytest.skip(str(missing))
    data, count = print_book.print_twice(book)
    reader = PdfReader(io.BytesIO(data))
    assert len(reader.pages) == count and len(data) < 1_000_000
    return reader


@pytest.fixture(scope="module")
def texts(printed):
    return [page.extract_text() for page in printed.pages]


def test_contents_name_the_page_on_which_each_part_begins(texts):
    numbers = dict(re.findall(r"^(Look inside|1\. Why|Answers).*?(\d+)$", texts[1], re.MULTILINE))
    assert numbers.keys() == {"Look inside", "1. Why", "Answers"}
    for title, number in numbers.items():
        assert title in texts[int(number) - 1].replace("\n", " ") and number != "0"
        assert int(number) == next(at for at in range(2, len(texts)) if title in texts[at]) + 1
    assert int(numbers["Answers"]) > int(numbers["1. Why"]) + 2, "the chapter is longer than a page"


def test_the_title_page_holds_all_of_its_words(texts):
    words = "Figures with controls stand still on paper"
    assert words in texts[0] and words not in texts[1] and texts[1].lstrip("2\n ").startswith("Contents")


def test_every_page_but_the_first_has_its_number(texts):
    assert [text for at, text in enumerate(texts[1:], 2) if not re.search(rf"^{at}$", text, re.MULTILINE)] == []
    assert not re.search(r"^1$", texts[0], re.MULTILINE)


def test_pages_are_a4_whatever_a_chapter_asks_for(printed):
    assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in printed.pages} == {(595, 842)}


def test_folded_code_and_buttons_stay_out_and_open_code_stays(texts):
    whole = "\n".join(texts)
    assert "open_code" in whole and "printed by a cell" in whole
    for out in ("hidden", "solved", "Show the code", "A solution", "Run it", "moving()", "in the page", "inside#"):
        assert out not in whole, out


def test_an_instrument_says_its_setting_and_where_it_moves(texts):
    whole = " ".join(" ".join(texts).split())
    assert "map number: 7; network: ZFNet; grey: no" in whole
    assert "zflib.example.org/course/notebooks/01_dots.html#zf-explorer-1" in whole
    assert "zflib.example.org/course/book/index.html#look" in whole


def test_what_a_drawing_uses_twice_is_there_twice(texts):
    assert "\n".join(texts).count("drawn once") == 2


def test_a_quiz_has_letters_and_its_answers_stand_at_the_end(texts):
    whole = " ".join(" ".join(texts[:-1]).split())
    assert "A. None B. Two" in whole and "The answers are at the end of the book" in whole
    assert "there are two" not in whole.lower() and "look again" not in whole
    assert "1. B. There are two of them." in " ".join(texts[-1].split())


def test_links_between_pages_lead_through_the_document_and_others_to_the_published_one(printed):
    annotations = [one.get_object() for page in printed.pages for one in page.get("/Annots", [])]
    inside = {one["/Dest"] for one in annotations if "/Dest" in one}
    outside = {one["/A"]["/URI"] for one in annotations if "/A" in one}
    assert {"/index", "/01_dots", "/answers", "/01_dots--the-quiz"} <= inside <= printed.named_destinations.keys()
    assert {SITE, f"{SITE}book/extra.txt", f"{SITE}notebooks/01_dots.html#zf-explorer-1"} <= outside
    assert not any(one.startswith("file:") for one in outside)


def test_the_outline_names_chapters_and_sections(printed):
    def titles(outline):
        for one in outline:
            yield from titles(one) if isinstance(one, list) else [one.title]

    assert [*titles(printed.outline)][1:] == [
        "Contents",
        "Look inside",
        '1. Why "dots"?',
        "Quiz",
        "Answers to the quizzes",
        '1. Why "dots"?',
    ]


def test_a_page_that_is_missing_is_named(pages, tmp_path):
    (tmp_path / "_toc.yml").write_text(TOC + "      - file: notebooks/02_more\n")
    with pytest.raises(SystemExit, match=r"notebooks/02_more is missing among its pages. Run `make book` first."):
        paper.Book(pages, tmp_path / "_toc.yml", SITE, "The course", "its authors")


def test_a_picture_that_is_missing_is_named(printed, tmp_path):
    with print_book.chromium() as browser, pytest.raises(SystemExit, match=r"missing on paper:\n.*nothing\.png"):
        print_book.printing(browser, '<img src="nothing.png">', tmp_path / "page.html")


def test_where_there_is_no_chromium_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(print_book.shutil, "which", lambda name: "/nowhere/" + name)
    with pytest.raises(SystemExit, match="takes Chromium and its driver, packages chromium and chromium-driver"):
        print_book.chromium()


def test_each_menu_gets_one_link(pages):
    for _ in range(2):
        print_book.link(pages)
        for name, path in (("book/index", "../zfnet-course.pdf"), ("notebooks/01_dots", "../zfnet-course.pdf")):
            html = (pages / f"{name}.html").read_text()
            assert html.count("zfnet-course.pdf") == html.count(f'href="{path}"') == 1
            assert html.index("print()") < html.index(path) < html.index("</ul>")
    assert "pdf" not in (pages / "search.html").read_text()
