"""From any picture to RGB pixels: one place that knows about modes, sizes and rubbish."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from zflib.arguments import brief

# Formats whose grey of more than 8 bits has 65535 for white, also where Pillow holds it in mode I.
_SIXTEEN_BITS = ("PNG", "PPM")


class UnreadablePicture(ValueError):
    """A file that can't be read as a picture; the message names the path, the reason and the remedy."""


def read(path: str | PathLike[str]) -> Image.Image:
    """The picture in a file, upright (EXIF) and in RGB; an animation's first frame.

    Raises UnreadablePicture (a ValueError) naming the path, for a missing, truncated, foreign or absurdly large file;
    TypeError for what is no path, such as a file's bytes.
    """
    if isinstance(path, bytes | bytearray | memoryview):
        raise TypeError(
            "read takes a file's path, not bytes; PIL.Image.open(io.BytesIO(content)) opens what a file holds."
        )
    path = fspath(path)
    try:
        with Image.open(path) as picture:
            return to_rgb(picture)
    except UnreadablePicture:
        raise
    except Exception as error:  # decoders meet rubbish with errors of every kind
        raise _unreadable(path, error) from error


def to_rgb(picture: Any) -> Image.Image:
    """Any PIL picture or array as an RGB PIL picture, upright (EXIF).

    picture  a PIL picture of any mode, or an array or tensor (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): integers in
             0..255, uint16, bool, or floating point in [0, 1], and so the PIL modes I and F. Transparency is laid over
             white.

    Raises TypeError for another type, ValueError for another shape, an empty picture or values out of range,
    UnreadablePicture (a ValueError) for a file that `PIL.Image.open` opened and whose rest is damaged.
    """
    if not isinstance(picture, Image.Image):
        picture = _from_array(picture)
    if min(picture.size) < 1:
        raise ValueError(f"The picture is empty: {picture.width} x {picture.height} pixels.")
    sixteen = picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format in _SIXTEEN_BITS)
    try:
        picture = ImageOps.exif_transpose(picture)  # the first to read the pixels of a file that was only opened
    except Exception as error:
        raise _unreadable(getattr(picture, "filename", "") or "The picture", error) from error
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture)
        picture = _from_array(values.clip(0, 65535).astype(np.uint16) if sixteen else values)
    if picture.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in picture.info:
        picture = picture.convert("LA") if picture.mode == "La" else picture
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")


def centre_square(picture: Any, side: int) -> Image.Image:
    """The centre square of a picture at side x side pixels: its shorter side scaled, the rest cut off."""
    picture = to_rgb(picture)
    shorter = min(picture.size)
    left, top = (picture.width - shorter) / 2, (picture.height - shorter) / 2
    box = (left, top, left + shorter, top + shorter)
    return picture.resize((side, side), Image.Resampling.BILINEAR, box=box)


def to_array(picture: Any) -> np.ndarray:
    """(H, W, 3) uint8 pixels of a picture, in memory of their own."""
    return np.array(to_rgb(picture))


def _unreadable(path: str, error: Exception) -> UnreadablePicture:
    if isinstance(error, OSError) and error.strerror:
        why = error.strerror  # the file system's words: nothing there, a folder, no permission
    elif isinstance(error, Image.DecompressionBombError):
        why = f"it has more than {2 * Image.MAX_IMAGE_PIXELS:,} pixels; scale it down"
    else:
        why = f"{str(error).rstrip('.') or type(error).__name__}; save it anew as PNG or JPEG"
    return UnreadablePicture(f"{brief(path, longest=5000)} can't be read as a picture: {why}.")


def _from_array(array: Any) -> Image.Image:
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"Expected a PIL picture or an array of pixels, not {type(array).__name__}; zflib.data.read opens a file."
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)) or array.size == 0:
        raise ValueError(
            f"A picture array must have shape (H, W), (H, W, 3) or (H, W, 4), not {array.shape}. "
            "Move the channels to the end."
        )
    if array.dtype == np.uint16:
        array = (array / 257).round().astype(np.uint8)
    elif array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise ValueError("A floating-point picture must have finite values between 0 and 1; divide by 255, say.")
        array = (array * 255).round().astype(np.uint8)
    elif np.issubdtype(array.dtype, np.integer):
        if array.min() < 0 or array.max() > 255:
            raise ValueError(
                "An integer picture must have values between 0 and 255; make it uint16 where white is 65535."
            )
        array = array.astype(np.uint8)
    else:
        raise TypeError(f"A picture can't be of type {array.dtype}; use uint8, uint16, bool or floats in [0, 1].")
    return Image.fromarray(array)
