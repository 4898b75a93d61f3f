"""The quizzes of the chapters: every answer says whether it is right, and why, and none gives itself away."""

import re
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pytest

import zflib

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
QUIZ = re.compile(r"^## Quiz\n\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
# A question in bold, then its answers as one piece of HTML, without an empty line, which would end it.
QUESTION = re.compile(
    r'\*\*(\d+)\. ([^\n]+)\*\*\n\n<div role="group" aria-label="Answers to question (\d+)">\n'
    r'((?:<details class="zf-(?:right|wrong)"><summary>[^\n]+</summary>[^\n]+</details>\n)+)</div>'
)
ANSWER = re.compile(r'<details class="(?:zf-right|zf-wrong)"><summary>(.+)</summary>(\w[\w ]*): (.+)</details>\n')


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def cell(request):
    """The cell that holds a chapter's quiz."""
    (found,) = [cell for cell in nbformat.read(request.param, as_version=4).cells if QUIZ.search(cell.source)]
    return found


@pytest.fixture
def quiz(cell):
    """(question, its answers), each answer (text, verdict, reason)."""
    return [(words, ANSWER.findall(answers)) for _, words, _, answers in QUESTION.findall(QUIZ.search(cell.source)[1])]


def plain(html):
    return re.sub(r"<[^>]+>", "", html)


def right(answers):
    return next(at for at, (_, verdict, _) in enumerate(answers) if verdict == "Right")


def test_is_text_that_every_notebook_shows(cell):
    """Folded by the page itself: no script, no kernel. Markdown within HTML would stay as it is written."""
    assert cell.cell_type == "markdown" and not cell.get("attachments")
    (found,) = QUIZ.findall(cell.source)
    left = QUESTION.sub("", found).strip()
    assert left == "Open the answer that you would give: it says whether it is right, and why."
    for _, _, _, answers in QUESTION.findall(found):
        assert set(re.findall(r"</?(\w+)", answers)) <= {"details", "summary", "code", "em"}
        assert not re.search(r"[`$]|\*\*|\]\(", answers)
        assert len(ANSWER.findall(answers)) == answers.count("\n")


def test_has_five_questions_or_more_numbered_in_order(cell):
    numbers = [(int(number), int(named)) for number, _, named, _ in QUESTION.findall(QUIZ.search(cell.source)[1])]
    assert len(numbers) >= 5
    assert numbers == [(at, at) for at in range(1, len(numbers) + 1)]


def test_every_question_asks_and_has_three_answers_or_more_of_which_one_is_right(quiz):
    for question, answers in quiz:
        assert question.endswith("?"), question
        assert len(answers) >= 3, question
        assert len({plain(text) for text, _, _ in answers}) == len(answers), question
        assert sorted({verdict for _, verdict, _ in answers}) == ["Not quite", "Right"], question
        assert sum(verdict == "Right" for _, verdict, _ in answers) == 1, question


def test_a_page_marks_as_right_what_the_words_call_right(cell):
    """The colour and the sign come from a class, which Colab and GitHub leave out."""
    marks = re.findall(r'<details class="zf-(\w+)"><summary>.+</summary>(Right|Not quite): ', cell.source)
    assert marks and all((mark == "right") == (word == "Right") for mark, word in marks)


def test_every_answer_has_a_reason_of_its_own(quiz):
    reasons = [plain(reason) for _, answers in quiz for _, _, reason in answers]
    assert all(reason.endswith(".") and len(reason.split()) >= 3 for reason in reasons)
    assert max(Counter(reasons).values()) == 1


def test_the_right_answer_is_to_be_found_neither_by_its_place_nor_by_its_length(quiz):
    places = Counter(right(answers) for _, answers in quiz)
    assert len(places) >= 3 and max(places.values()) <= len(quiz) / 2
    longest = [max(len(plain(text)) for text, _, _ in answers) for _, answers in quiz]
    mine = [len(plain(answers[right(answers)][0])) for _, answers in quiz]
    assert sum(length == most for length, most in zip(mine, longest, strict=True)) <= len(quiz) / 2


def shown(wave, width):
    """Humps in the power spectrum of waves, each with a crest in the middle of a window of so many pixels."""
    at = np.arange(width) - width // 2
    power = np.abs(np.fft.rfft(sum(np.cos(2 * np.pi * f * at) for f in wave), 512)) ** 2
    higher = (power[1:-1] > power[:-2]) & (power[1:-1] > power[2:]) & (power[1:-1] > 0.2 * power.max())
    return int(higher.sum())


def test_what_is_said_with_a_number_is_so():
    """What the quizzes work out, worked out again."""
    zfnet = {step.name: step for step in zflib.ZFNET.geometry()}
    alexnet = {step.name: step for step in zflib.ALEXNET.geometry()}
    macs = sum(step.macs for step in alexnet.values())
    less = macs - sum(step.macs for step in zflib.ALEXNET.without(6, 7).geometry())
    said = {
        "01": [
            f"<summary>{2 * zfnet['pool2'].jump} pixels</summary>Right",
            f"<summary>{zfnet['fc6'].macs / sum(step.macs for step in zfnet.values()):.0%}</summary>Right",
            f"at all {zfnet['conv2'].size ** 2} positions",
            f"both have a spacing of {zfnet['conv5'].jump} pixels there",
        ],
        "04": [f"log2(10) = {np.log2(10):.2f} bits", f"log2(9) = {np.log2(9):.2f} bits"],
        "06": [f"0.40 − 2/4 = {zflib.aliasing.fold(0.40, 4):.2f}"],
        "07": [
            f"<summary>About {less / macs:.0%}</summary>Right",
            f"some {less / 1e6:.0f} million of {macs / 1e6:,.0f} million",
        ],
    }
    for number, facts in said.items():
        (path,) = (path for path in NOTEBOOKS if path.stem.startswith(number))
        text = "".join(cell.source for cell in nbformat.read(path, as_version=4).cells if QUIZ.search(cell.source))
        for fact in facts:
            assert fact.replace("%", " %").replace("-", "−") in text, fact
    assert alexnet["conv5"].jump == zfnet["conv5"].jump
    assert [shown((0.20, 0.26), width) for width in (7, 11)] == [1, 1]
