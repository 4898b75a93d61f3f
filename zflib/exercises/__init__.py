"""Checkers for the chapters' exercises: each says what was expected and what came."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What a checker thinks of an answer; true if it is right, and shown as its sentence."""

    correct: bool
    text: str

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return f"{'Right' if self.correct else 'Not yet'}: {self.text}"
