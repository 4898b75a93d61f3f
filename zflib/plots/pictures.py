"""Arrays as pixels: signed projections and filters, maps, and sheets of many pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zflib.arguments import array, number, whole
from zflib.plots.places import Sheet, placed
from zflib.plots.words import true_minus


def signed(projections: Any, largest: float | None = None, clip: float = 1) -> np.ndarray:
    """Signed values as pixels, symmetric about zero: mid-grey is 0, and neither sign is favoured.

    projections  (..., 3, H, W) array or tensor; (..., 1, H, W), of a network for grey pictures, is shown in grey
    largest      the magnitude that is shown black or white, the same for all; each picture's own where left out
    clip         where `largest` is left out: the share of a picture's magnitudes that are not larger. Scaled by its
                 single largest value, a projection is faint.

    Returns (..., H, W, 3) uint8; all zero gives plain grey. Raises ValueError for another shape, a share out of range,
    and values that are not finite.
    """
    values = array("Signed pictures", projections)
    if values.ndim < 3 or values.shape[-3] not in (1, 3):
        raise ValueError(f"Signed pictures must have shape (..., 3, H, W) or (..., 1, H, W), not {values.shape}.")
    values = np.moveaxis(values, -3, -1)
    if not 0 < number("clip", clip) <= 1:
        raise ValueError(f"clip must be a share in (0, 1], not {clip}.")
    if largest is None:
        top = np.abs(values).max(axis=(-3, -2, -1), keepdims=True, initial=0)
        share = np.quantile(np.abs(values), clip, axis=(-3, -2, -1), keepdims=True) if values.size else top
        largest = np.where(share > 0, share, top)
    elif number("largest", largest) < 0:
        raise ValueError(f"largest must be 0 or more, not {largest}.")
    share = (values / np.where(largest > 0, largest, 1)).clip(-1, 1)
    pixels = np.round(127.5 + 127.5 * share).astype(np.uint8)
    return pixels if pixels.shape[-1] == 3 else pixels.repeat(3, axis=-1)


def filters(weights: Any, largest: float | None = None) -> np.ndarray:
    """First-layer filters (maps, 3, k, k) or (maps, 1, k, k) as (maps, k, k, 3) uint8, by the rule of `signed`."""
    return signed(weights, largest)


def grey(values: Any, white: float) -> np.ndarray:
    """An (H, W) map as (H, W, 3) uint8: black for 0 and less, white for `white`, orange for what exceeds it."""
    values = array("values", values)
    if number("white", white) <= 0:
        raise ValueError(f"white must be more than 0, not {white}.")
    pixels = np.clip(255 * values / white, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=-1)
    pixels[values > white * (1 + 1e-6)] = (255, 140, 0)
    return pixels


def tile(pictures: Any, columns: int, gap: int = 1) -> np.ndarray:
    """(N, H, W, 3) uint8 pictures side by side on white, `columns` in a row, `gap` pixels apart."""
    pictures, columns, gap = np.asarray(pictures), whole("columns", columns, 1), whole("gap", gap, 0)
    _check_pixels("pictures", pictures)
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8)
    for at, picture in enumerate(pictures):
        top, left = at // columns * (height + gap), at % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def enlarge(picture: Any, times: int) -> np.ndarray:
    """(H, W, ...) pixels as (times H, times W, ...), every pixel a square: nothing is smoothed."""
    picture, times = np.asarray(picture), whole("times", times, 1)
    if picture.ndim < 2:
        raise ValueError(f"picture must have shape (H, W, ...), not {picture.shape}.")
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def labelled(pictures: Sequence[np.ndarray], labels: Sequence[str], columns: int, text: int = 13) -> Sheet:
    """Pictures (H, W, 3) uint8 of any sizes in rows of `columns` on white, each under its label, as one picture.

    text  height of the letters in pixels

    An explorer's page turns the white dark with the rest, since the result says where its pictures are.
    """
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", whole("text", text, 1))
    head, gap, columns = round(1.5 * text), 8, whole("columns", columns, 1)
    height, width = (max(picture.shape[side] for picture in pictures) + gap for side in (0, 1))
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width - gap, rows * (height + head) - gap), "white")
    draw, places = ImageDraw.Draw(sheet), []
    for at, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        left, top = at % columns * width, at // columns * (height + head)
        draw.text((left, top + 1), true_minus(label), fill="black", font=font)
        sheet.paste(Image.fromarray(picture), (left, top + head))
        own = getattr(picture, "places", None)  # of a drawing: it may hold no picture
        own = ((0, 0, picture.shape[1], picture.shape[0]),) if own is None else own
        places += [(left + x0, top + head + y0, left + x1, top + head + y1) for x0, y0, x1, y1 in own]
    return placed(np.asarray(sheet), places)


def sheet(pictures: Any, words: str, columns: int = 3, side: int = 232) -> Any:
    """Pictures (N, H, W, 3) uint8 at `side` pixels, `columns` in a row, as HTML for a cell's last line.

    words  the alternative text

    The picture inside is a WebP: a third of the bytes that a figure's PNG takes, which a notebook's limit counts. Its
    paper is clear: the page's own colour, light or dark, stands between the pictures.
    """
    from IPython.display import HTML

    pictures = np.asarray(pictures)
    _check_pixels("pictures", pictures)
    large = [_resized(picture, whole("side", side, 1)) for picture in pictures]
    clear = tile(np.zeros_like(large), columns, gap=6)[..., :1]  # 255 where there is no picture
    pixels = np.concatenate([tile(large, columns, gap=6), 255 - clear], axis=-1)
    return HTML(_image(pixels, words, "max-width:100%;height:auto;background:none"))


def captioned(
    pictures: Sequence[np.ndarray], captions: Sequence[str], words: str, columns: int, side: int = 104
) -> Any:
    """Pictures (H, W, 3) uint8 of any sizes, each over its caption, as HTML for a cell's last line.

    captions  whose lines are kept; they are text, as large on a phone as elsewhere
    words     what the pictures are together
    columns   in a row at most: a narrow screen has fewer, and begins a row where a wide one does
    side      of a picture in the page's pixels, the longer one
    """
    from html import escape

    from IPython.display import HTML

    columns, side, figures = whole("columns", columns, 1), whole("side", side, 1), []
    for picture, caption in zip(map(np.asarray, pictures), captions, strict=True):
        _check_pixels("pictures", picture[None])
        style = "display:block;width:100%;padding:0"  # no white frame in dark mode
        image = _image(_fitted(picture, round(1.5 * side)), caption.replace("\n", ", "), style)
        lines = escape(caption).replace("\n", "<br>")
        place = "margin:0;padding:0" + ("" if len(figures) % columns else ";grid-column-start:1")
        figures.append(
            f'<figure style="{place}">{image}<figcaption style="margin:0.2em 0 0;font-size:12px;line-height:1.3">'
            f"{lines}</figcaption></figure>"
        )
    least = f"min({side}px,46%)"  # of large pictures, too, a phone shows two beside each other
    grid = f"repeat(auto-fill,minmax({least},1fr));gap:8px;max-width:{columns * (side + 8) - 1}px"
    return HTML(
        f'<div role="group" aria-label="{escape(words)}" style="display:grid;grid-template-columns:{grid}">'
        f"{''.join(figures)}</div>"
    )


def _image(pixels: np.ndarray, words: str, style: str) -> str:
    from base64 import b64encode
    from html import escape
    from io import BytesIO

    from PIL import Image

    content = BytesIO()
    # Method 6 takes twelve times as long where paper is clear, for 2 % of the bytes.
    Image.fromarray(pixels).save(content, "WEBP", quality=80, method=5)
    data = b64encode(content.getvalue()).decode()
    # The theme leaves a picture of class dark-light as it is in dark mode.
    return f'<img class="dark-light" src="data:image/webp;base64,{data}" alt="{escape(words)}" style="{style}">'


def responses(patches: Any, projections: Any, control: Any = (), caption: str = "") -> Sheet:
    """A map's patches beside their projections, three in a row as in Figure 2, with a strip of controls below.

    patches      (u, f, f, 3) uint8
    projections  (u, 3, f, f) signed
    control      (u, 3, f, f) signed, under `caption`

    Returns (H, W, 3) uint8 of the same size for every map of nine or fewer, whatever f: small patches are enlarged
    pixel by pixel, large ones shrunk. The largest half per cent of a projection's magnitudes are clipped. Raises
    ValueError for other shapes.
    """
    _check_pixels("patches", np.asarray(patches))
    for name, some in (("projections", projections), ("control", control)):
        if np.shape(some) != (0,) and not (np.ndim(some) == 4 and 0 < len(some) <= 9):
            raise ValueError(f"{name} must have shape (u, 3, f, f), u from one to nine, not {np.shape(some)}.")
    cell, clip = 104, 0.995  # the side of one picture in pixels
    text = 22  # pixels: a phone shows half of them
    nine = np.full((9, cell, cell, 3), 255, dtype=np.uint8)
    beside = []
    for pictures in (patches, signed(projections, clip=clip)):
        grid = nine.copy()
        grid[: len(pictures)] = [_resized(picture, cell) for picture in pictures]
        beside.append(tile(grid, columns=3, gap=2))
    sheet = labelled(beside, ("strongest patches", "their projections"), 2, text)
    if not len(control):
        return sheet
    strip = nine[:, : (small := (sheet.shape[1] - 16) // 9), :small].copy()
    strip[: len(control)] = [_resized(picture, small) for picture in signed(control, clip=clip)]
    below = labelled([tile(strip, columns=9, gap=2)], (caption,), 1, text)
    gap = np.full((8, sheet.shape[1], 3), 255, dtype=np.uint8)
    right = ((0, 0), (0, sheet.shape[1] - below.shape[1]), (0, 0))
    down = len(sheet) + len(gap)
    places = sheet.places + tuple((x0, y0 + down, x1, y1 + down) for x0, y0, x1, y1 in below.places)
    return placed(np.concatenate([sheet, gap, np.pad(below, right, constant_values=255)]), places)


def _resized(picture: np.ndarray, side: int) -> np.ndarray:
    """(h, w, 3) uint8 pixels at another side; enlarged pixels stay squares."""
    from PIL import Image

    method = Image.Resampling.NEAREST if len(picture) * 2 <= side else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(picture).resize((side, side), method))


def _fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """(h, w, 3) uint8 pixels whose longer side is `side`."""
    from PIL import Image

    height, width = (max(1, round(side * n / max(picture.shape[:2]))) for n in picture.shape[:2])
    method = Image.Resampling.NEAREST if max(picture.shape) * 2 <= side else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(picture).resize((width, height), method))


def _check_pixels(name: str, pictures: np.ndarray) -> None:
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or not pictures.size or pictures.dtype != np.uint8:
        raise ValueError(f"{name} must be uint8 pixels (N, H, W, 3), not {pictures.dtype} {pictures.shape}.")
