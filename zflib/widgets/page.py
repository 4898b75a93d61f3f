"""The page's face of the explorers: HTML that needs nothing but itself and the WebP sheets beside the page."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from itertools import count
from math import prod
from pathlib import Path
from typing import Any

from PIL import Image

from zflib.plots.places import only
from zflib.widgets.axes import Axis, settings
from zflib.widgets.frames import common_size, pad, small_webp, to_png, write_sheets

FOLDER = Path("explorers")
FIRST_FRAME_BYTES = 22_000  # 30 kB once it is base64 text

_number = count(1)


@dataclass(frozen=True)
class Shown:
    """What a setting shows: a picture with its words, or (`frame` None) the sentence why there is none."""

    frame: Image.Image | None
    words: str


@cache
def asset(file: str) -> str:
    """A script or style sheet of this package."""
    return files(__package__).joinpath(file).read_text("utf-8")


def unique_id() -> str:
    """An id that no other explorer of the same kernel, hence of the same page, has."""
    return f"zf-explorer-{next(_number)}"


def problem(sentence: str) -> str:
    """A sentence on red. The colours are its own, for places that drop style sheets."""
    return (
        '<p role="status" style="margin:0;padding:0.8em 1em;border-left:4px solid #a40000;background:#fde8e8;'
        f'color:#6b0000">{escape(sentence)}</p>'
    )


def first_image(frame: Image.Image, words: str) -> str:
    """The picture that is part of a page or a saved notebook, where every byte is paid by each reader."""
    return _image("webp", small_webp(frame, FIRST_FRAME_BYTES), words, frame.size)


def exact_image(frame: Image.Image, words: str) -> str:
    """The picture as it was drawn, for a kernel at hand."""
    return _image("png", to_png(frame), words, frame.size)


def _image(kind: str, data: bytes, words: str, size: tuple[int, int]) -> str:
    # The theme leaves a picture of class dark-light as it is in dark mode.
    return (
        f'<img class="dark-light" src="data:image/{kind};base64,{b64encode(data).decode()}" alt="{escape(words)}" '
        f'width="{size[0]}" height="{size[1]}" style="max-width:100%;height:auto;background:#fff">'
    )


def shown(what: Shown, image: Callable[[Image.Image, str], str] = exact_image) -> str:
    """A picture over its words, or a sentence on red."""
    if what.frame is None:
        return problem(what.words)
    picture = image(what.frame, what.words)
    return f'<figure style="margin:0">{picture}<figcaption>{escape(what.words)}</figcaption></figure>'


def controls(uid: str, name: str, axes: Sequence[Axis], start: Mapping[str, Any]) -> str:
    """A native, labelled control per axis; `data-axis` marks them for the script."""
    rows = []
    for axis in axes:
        at, mark = axis.position(start[axis.name]), f'id="{uid}-{axis.name}" data-axis autocomplete="off"'
        words = axis.words
        if axis.kind == "slider":
            field = (
                f'<input type="range" {mark} min="0" max="{len(words) - 1}" step="1" value="{at}" '
                f"data-words='{escape(json.dumps(words))}' aria-valuetext=\"{escape(words[at])}\">"
                f'<output for="{uid}-{axis.name}">{escape(words[at])}</output>'
            )
        elif axis.kind == "checkbox":
            field = f'<input type="checkbox" {mark}{" checked" if start[axis.name] else ""}>'
        else:
            options = "".join(
                f"<option{' selected' if i == at else ''}>{escape(w)}</option>" for i, w in enumerate(words)
            )
            field = f"<select {mark}>{options}</select>"
        rows.append(f'<div><label for="{uid}-{axis.name}">{escape(axis.label)}</label>{field}</div>')
    return f'<div class="zf-controls" role="group" aria-label="{escape(name)}">{"".join(rows)}</div>'


def explorer(name: str, axes: Sequence[Axis], pictures: Sequence[Shown], start: Mapping[str, Any]) -> str:
    """The whole explorer.

    pictures  one per setting of the axes, the first axis slowest
    start     the setting that is part of the page; the others go to sheets in `explorers/`
    """
    uid = unique_id()
    frames = [p.frame for p in pictures if p.frame is not None]
    if not frames:
        raise ValueError(f"{name}: none of the page's {len(pictures)} settings can be drawn. {pictures[0].words}")
    size = common_size(frames)
    per_first = prod(len(axis.values) for axis in axes[1:])
    groups = [at // per_first if len(axes) > 1 else 0 for at, p in enumerate(pictures) if p.frame is not None]
    sheets, places = write_sheets(frames, size, groups, FOLDER)
    # In the dark a frame turns over; on top come its pictures as they are, where it is known where they are.
    known = all("places" in frame.info for frame in frames)
    clips = [only(frame.info["places"], *size) if known else "" for frame in frames]
    kinds = sorted(set(clips))
    place = iter({"at": at, "clip": kinds.index(clip)} for at, clip in zip(places, clips, strict=True))
    data = {
        "lengths": [len(axis.values) for axis in axes],
        "sheets": [{"src": f"{FOLDER}/{s.file}", "columns": s.columns, "rows": s.rows} for s in sheets],
        "clips": kinds,
        "settings": [
            {"impossible": p.words} if p.frame is None else {"words": p.words} | next(place) for p in pictures
        ],
    }
    at = settings(axes).index(dict(start))
    first, kept = pictures[at], '<span style="clip-path:{}"></span>' if known else ""
    if first.frame is None:
        view, caption, red = kept.format("inset(50%)"), "", first.words
    else:
        view = first_image(pad(first.frame, size), first.words) + kept.format(kinds[data["settings"][at]["clip"]])
        caption, red = first.words, ""
    body = (
        f"{controls(uid, name, axes, start)}"
        f'<figure><div class="zf-stage">'
        f'<div class="zf-view" style="width:{size[0]}px;aspect-ratio:{size[0]}/{size[1]}">{view}</div>'
        f'<p class="zf-impossible" role="status">{escape(red)}</p></div>'
        f'<figcaption aria-live="polite">{escape(caption)}</figcaption></figure>'
        f"<noscript><p>This is one of {len(pictures)} settings. The controls need JavaScript.</p></noscript>"
    )
    return section(uid, "explorer", body, data)


def section(uid: str, script: str, body: str, data: Any, uses: Sequence[str] = ()) -> str:
    """An explorer's HTML with its styles, its data and the script of that name, which finds it by `data-script`; in
    front of it the scripts that it `uses`."""
    text = json_text(data)
    code = "".join(asset(f"{name}.js") for name in (*uses, script))
    return (
        f'<div class="zf-explorer" id="{uid}" data-script="{script}"><style>{asset("explorer.css")}</style>{body}'
        f'<script type="application/json">{text}</script><script>{code}</script></div>'
    )


def json_text(data: Any) -> str:
    """Data for a script; no text in it can end its element early."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
