"""Checkers for the chapters' exercises: each says what was expected and what came."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill


@dataclass(frozen=True)
class Verdict:
    """What a checker thinks of an answer; true if it is right, and shown as its sentence, in lines that fit a page."""

    correct: bool
    text: str

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return fill(f"{'Right' if self.correct else 'Not yet'}: {self.text}", width=78)
