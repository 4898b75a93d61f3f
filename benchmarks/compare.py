"""A run beside the one before it, and beside what the course says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

FACTOR = 1.2  # what grows by less is not worth a sentence
CHAPTER_GIGABYTES = 2  # CONTRIBUTING.md and book/teaching.md: a chapter takes less


def sentences(before: dict[str, Any] | None, now: dict[str, Any], parts: Sequence[str]) -> list[str]:
    """What to know about the parts that were just measured.

    before, now  files of one kind of machine, as `results.read` gives them; None where nothing is committed
    """
    found = list(over_the_ceiling(now))
    if before is None:
        return [*found, "No run of this kind of machine is committed: there is nothing to compare with."]
    for part in parts:
        if part in before["parts"]:
            found += grown(part, before["parts"][part], now["parts"][part])
    return found or [f"Nothing takes more than {FACTOR} times what it took in the last committed run."]


def grown(part: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Times that grew as a ratio to the matrix product, so that a slower moment of the machine does not count, and
    memory."""
    olds = {figure["name"]: figure for figure in before["figures"]}
    for new in now["figures"]:
        old = olds.get(new["name"])
        if old is None:
            continue
        if new["unit"] == "GB":
            factor, verb = new["value"] / old["value"], "takes {:.2f} times as much"
        elif new["matrix_products"] and old["matrix_products"]:
            factor, verb = new["matrix_products"] / old["matrix_products"], "takes {:.2f} times as long"
        else:
            continue
        if factor > FACTOR:
            yield f"{part}: {new['name']} {verb.format(factor)} as on {before['date']}."


def over_the_ceiling(now: dict[str, Any]) -> Iterator[str]:
    """Chapters that take as much memory as the course says none does."""
    for figure in now["parts"].get("chapters", {"figures": []})["figures"]:
        if figure["unit"] == "GB" and figure["value"] >= CHAPTER_GIGABYTES:
            yield f"{figure['name']}: {figure['value']:.2f} GB, and the course says less than {CHAPTER_GIGABYTES}."
