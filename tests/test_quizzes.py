"""The quizzes of the chapters: every answer says whether it is right, and why, and none gives itself away."""

import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
QUIZ = re.compile(r"^## Quiz\n\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
# A question in bold, then its answers as one piece of HTML, without an empty line, which would end it.
QUESTION = re.compile(
    r'\*\*(\d+)\. ([^\n]+)\*\*\n\n<div role="group" aria-label="Answers to question (\d+)">\n'
    r"((?:<details><summary>[^\n]+</summary>[^\n]+</details>\n)+)</div>"
)
ANSWER = re.compile(r"<details><summary>(.+)</summary>(\w[\w ]*): (.+)</details>\n")


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
