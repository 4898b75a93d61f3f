"""Frames of an explorer: whatever `draw` returns as RGB pixels, and WebP that stays close to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from itertools import groupby
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zflib import atomic
from zflib.data.pictures import to_rgb

FIGURE_DPI = 100
LARGEST_SIDE = 1600  # of one frame, in pixels: wider than any column of text
# Levels of 255 by which compression may move a frame's pixels on average. A frame is measured alone; in its sheet it
# may move a little more, and 3 is the promise.
TOLERANCE = 2.7

WEBP_SIDE = 16383  # the format's own limit
SHEET_PIXELS = 3_000_000  # decoded in about 40 ms, so that a slider stays quick; the largest frame still fits
BLOCK = 16  # WebP compresses squares of 16 pixels; frames of whole squares don't leak into their neighbours


def to_frame(drawn: Any) -> Image.Image:
    """What `draw` returned as an RGB picture.

    drawn  PIL picture; pixels (H, W) or (H, W, 3), uint8 or float in [0, 1]; or a matplotlib Figure, rendered at
           100 dpi without trimming, so that figures of one size give frames of one size

    Where it is known where on white the pictures are, `info["places"]` of the frame lists them, none for a figure of
    lines: in the dark all that is beside them turns over.

    Raises TypeError for anything else, ValueError for a wrong shape or a side of more than 1600 pixels.
    """
    try:
        frame = _render(drawn) if hasattr(drawn, "savefig") else to_rgb(drawn)
    except TypeError as error:
        raise TypeError(
            f"draw must return a PIL picture, an array of pixels or a matplotlib Figure, not {type(drawn).__name__}."
        ) from error
    if hasattr(drawn, "savefig") and not any(axes.images for axes in drawn.axes):
        frame.info["places"] = ()
    elif getattr(drawn, "places", None) is not None:
        frame.info["places"] = drawn.places
    if max(frame.size) > LARGEST_SIDE:
        raise ValueError(
            f"draw returned {frame.width} x {frame.height} pixels; at most {LARGEST_SIDE} a side fit a page."
        )
    return frame


def _render(figure: Any) -> Image.Image:
    from matplotlib import rc_context

    buffer = BytesIO()
    with rc_context({"savefig.bbox": None}):
        figure.savefig(buffer, format="png", dpi=FIGURE_DPI, facecolor="white")
    return Image.open(buffer).convert("RGB")


@contextmanager
def closing_figures() -> Iterator[None]:
    """Close the figures that were opened inside, or Jupyter shows each of them below the cell."""
    from matplotlib import pyplot

    before = set(pyplot.get_fignums())
    try:
        yield
    finally:
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)


def pad(frame: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The frame in the upper left corner of white, (width, height) pixels."""
    padded = Image.new("RGB", size, "white")
    padded.paste(frame)
    return padded


def common_size(frames: Sequence[Image.Image]) -> tuple[int, int]:
    """(width, height) in whole blocks that every frame fits into."""
    return tuple(BLOCK * ceil(max(f.size[side] for f in frames) / BLOCK) for side in (0, 1))


def to_webp(frame: Image.Image, quality: int | None) -> bytes:
    """WebP of a quality from 0 to 100, or lossless for None."""
    buffer = BytesIO()
    # Method 4, the default, takes twice the time for files 4 % smaller.
    frame.save(buffer, "WEBP", method=2, **({"lossless": True} if quality is None else {"quality": quality}))
    return buffer.getvalue()


def to_png(frame: Image.Image) -> bytes:
    buffer = BytesIO()
    frame.save(buffer, "PNG")
    return buffer.getvalue()


def small_webp(frame: Image.Image, most: int) -> bytes:
    """WebP of at most `most` bytes: exact where that is no heavier, as of letters and large squares; else coarser where
    it must be, then of fewer pixels."""
    exact, scaled = to_webp(frame, None), frame
    if len(exact) <= min(most, len(to_webp(frame, 90))):
        return exact
    while True:
        for quality in (90, 80, 60, 40, 20):
            data = to_webp(scaled, quality)
            if len(data) <= most:
                return data
        scaled = scaled.resize((ceil(scaled.width / 2), ceil(scaled.height / 2)), Image.Resampling.BOX)


def faithful_quality(frames: Sequence[Image.Image]) -> int | None:
    """The lowest WebP quality that moves no frame by more than TOLERANCE on average; None where only lossless does.

    Photographs pass at 80; coloured noise and single large pixels don't, as WebP halves the resolution of colour.
    """
    qualities = iter((80, 90, 95, 98, None))
    quality = next(qualities)
    for frame in frames:
        while quality is not None and _moved(frame, quality) > TOLERANCE:
            quality = next(qualities)
    return quality


def _moved(frame: Image.Image, quality: int) -> float:
    compressed = Image.open(BytesIO(to_webp(frame, quality))).convert("RGB")
    return np.abs(np.asarray(compressed, dtype=np.int16) - np.asarray(frame, dtype=np.int16)).mean()


@dataclass(frozen=True)
class Sheet:
    """A file of frames of one size, `columns` x `rows` of them."""

    file: str
    columns: int
    rows: int


def write_sheets(
    frames: Sequence[Image.Image], size: tuple[int, int], groups: Sequence[int], folder: Path
) -> tuple[list[Sheet], list[tuple[int, int, int]]]:
    """Frames as WebP files in `folder`, named by their content.

    size    (width, height) that each frame is padded to
    groups  one number per frame; neighbours of the same number share a sheet, as far as its size allows

    Returns the sheets, and for each frame (sheet, column, row).
    """
    width, height = size
    most_columns, most_rows = WEBP_SIDE // width, WEBP_SIDE // height
    most = min(SHEET_PIXELS // (width * height), most_columns * most_rows)
    sheets: list[Sheet] = []
    places: list[tuple[int, int, int]] = []
    for _, group in groupby(zip(groups, frames, strict=True), key=lambda pair: pair[0]):
        members = [frame for _, frame in group]
        for start in range(0, len(members), most):
            part = members[start : start + most]
            about_square = round(sqrt(len(part) * height / width))
            columns = min(max(about_square, ceil(len(part) / most_rows)), most_columns, len(part))
            places += [(len(sheets), at % columns, at // columns) for at in range(len(part))]
            sheets.append(_write_sheet(part, size, columns, folder))
    return sheets, places


def _write_sheet(frames: Sequence[Image.Image], size: tuple[int, int], columns: int, folder: Path) -> Sheet:
    (width, height), rows = size, ceil(len(frames) / columns)
    picture = Image.new("RGB", (columns * width, rows * height), "white")
    for at, frame in enumerate(frames):
        picture.paste(frame, (at % columns * width, at // columns * height))
    data = to_webp(picture, faithful_quality(frames))
    return Sheet(write_webp(data, folder), columns, rows)


def write_webp(data: bytes, folder: Path) -> str:
    """Write a WebP to a folder, which is made if it is not there; the file's name, which its content gives."""
    file = f"{sha256(data).hexdigest()[:20]}.webp"
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write(folder / file, data)  # a page never loads half a file
    return file
