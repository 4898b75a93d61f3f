"""What is said of a run beside the one before."""

import copy
import re
from pathlib import Path

import pytest

from benchmarks import compare

ROOT = Path(__file__).parents[2]


def figure(name, value, unit, products=None):
    return {"name": name, "value": value, "unit": unit, "matrix_products": products}


@pytest.fixture
def before():
    return {
        "machine": "a processor",
        "cores": 2,
        "precision": "fp32",
        "parts": {
            "deconvnet": {
                "date": "2026-11-01",
                "figures": [figure("one map", 0.1, "s", 1.0), figure("against Captum", 0.5, "of its time")],
            },
            "chapters": {"date": "2026-11-02", "figures": [figure("chapter 1, memory", 0.8, "GB")]},
        },
    }


def said(before, change, parts=("deconvnet", "chapters")):
    now = copy.deepcopy(before)
    figures = {each["name"]: each for part in now["parts"].values() for each in part["figures"]}
    for name, values in change.items():
        figures[name] |= values
    return compare.sentences(before, now, parts)


def test_a_slower_moment_of_the_machine_does_not_count(before):
    (sentence,) = said(before, {"one map": {"value": 0.3}})  # three times the seconds, as many products
    assert sentence.startswith("Nothing")


@pytest.mark.parametrize(("products", "slower"), [(0.5, False), (1.19, False), (1.21, True)])
def test_slower_beside_the_matrix_product_is_said(before, products, slower):
    (sentence,) = said(before, {"one map": {"matrix_products": products}})
    assert (sentence == "deconvnet: one map takes 1.21 times as long as on 2026-11-01.") == slower


def test_more_memory_is_said(before):
    (sentence,) = said(before, {"chapter 1, memory": {"value": 1.2}})
    assert sentence == "chapters: chapter 1, memory takes 1.50 times as much as on 2026-11-02."


def test_parts_that_were_not_measured_are_not_judged(before):
    assert said(before, {"one map": {"matrix_products": 9}}, ["chapters"])[0].startswith("Nothing")


def test_a_chapter_over_the_ceiling_is_said_even_if_it_was_before(before):
    before["parts"]["chapters"]["figures"][0]["value"] = 2.0
    (sentence,) = said(before, {})
    assert sentence == "chapter 1, memory: 2.00 GB, and the course says less than 2."


def test_a_first_run_has_nothing_beside_it(before):
    (sentence,) = compare.sentences(None, before, ["deconvnet"])
    assert "nothing to compare" in sentence


def test_new_parts_and_figures_have_nothing_beside_them(before):
    now = copy.deepcopy(before)
    now["parts"]["spectrum"] = {"date": "2026-11-03", "figures": [figure("new", 1, "s", 1)]}
    now["parts"]["deconvnet"]["figures"].append(figure("new", 1, "s", 1))
    assert compare.sentences(before, now, ["deconvnet", "spectrum"])[0].startswith("Nothing")


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "book/teaching.md"])
def test_the_ceiling_is_what_the_course_says(page):
    (said,) = re.findall(r"less than (\d+) GB of memory", " ".join((ROOT / page).read_text().split()))
    assert int(said) == compare.CHAPTER_GIGABYTES
