"""Pictures of every kind, good and bad, to be written to a path."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

RANDOM = np.random.default_rng(0)
BLOCKS = RANDOM.integers(0, 256, (3, 4, 3), dtype=np.uint8).repeat(24, 0).repeat(24, 1)  # 96 x 72, safe from JPEG
GREY = BLOCKS[:, :, 0]


# --- good pictures: how each is written, and the pixels (H, W, 3) that a reader must see ----------------------------


def write_tiny(path):
    Image.new("RGB", (1, 1), (10, 200, 30)).save(path)
    return np.full((1, 1, 3), (10, 200, 30))


def write_long(path):
    strip = np.linspace(0, 255, 12_000).astype(np.uint8)[None].repeat(50, 0)
    Image.fromarray(strip).save(path)
    return np.stack([strip] * 3, -1)


def write_grey(path):
    Image.fromarray(GREY).save(path)
    return np.stack([GREY] * 3, -1)


def write_alpha(path):
    """Half transparent on the left, gone on the right: laid over white."""
    alpha = np.full(GREY.shape, 128, np.uint8)
    alpha[:, 48:] = 0
    Image.fromarray(np.dstack([BLOCKS, alpha])).save(path)
    share = alpha[..., None] / 255
    return BLOCKS * share + 255 * (1 - share)


def write_grey_alpha(path):
    alpha = np.where(np.arange(96) < 48, 255, 0).astype(np.uint8)[None].repeat(72, 0)
    Image.fromarray(np.dstack([GREY, alpha]), mode="LA").save(path)
    return np.where(alpha[..., None] > 0, GREY[..., None], 255).repeat(3, -1)


def write_palette(path):
    """Twelve colours by number, the first of them transparent."""
    numbers = np.arange(12, dtype=np.uint8).reshape(3, 4).repeat(24, 0).repeat(24, 1)
    colours = RANDOM.integers(0, 200, (12, 3), dtype=np.uint8)
    picture = Image.fromarray(numbers, mode="P")
    picture.putpalette(colours.tobytes())
    picture.save(path, transparency=0)
    return np.where(numbers[..., None] == 0, 255, colours[numbers])


def write_cmyk(path):
    Image.fromarray(BLOCKS).convert("CMYK").save(path, quality=95, subsampling=0)
    return BLOCKS


def write_sixteen_bits(path):
    """Dark on purpose: white is 65535 whatever the brightest pixel."""
    Image.fromarray(GREY.astype(np.uint16) * 50).save(path)
    return np.round(GREY.astype(float) * 50 / 257)[..., None].repeat(3, -1)


def write_animation(path):
    frames = [Image.fromarray(BLOCKS), Image.new("RGB", (96, 72), "lime"), Image.new("RGB", (96, 72), "blue")]
    options = {"lossless": True} if path.suffix == ".webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40, **options)
    return BLOCKS


def write_turned(path):
    """A photograph held sideways: the camera stores it so, and EXIF says which way is up."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter, clockwise
    stored = Image.fromarray(BLOCKS).transpose(Image.Transpose.ROTATE_90)
    stored.save(path, quality=95, subsampling=0, exif=exif)
    return BLOCKS


GOOD = {
    "tiny.png": write_tiny,
    "long.png": write_long,
    "grey.png": write_grey,
    "alpha.png": write_alpha,
    "grey-alpha.png": write_grey_alpha,
    "palette.png": write_palette,
    "cmyk.jpg": write_cmyk,
    "sixteen-bits.png": write_sixteen_bits,
    "moving.gif": write_animation,
    "moving.webp": write_animation,
    "turned.jpg": write_turned,
}
LOSSY = {"cmyk.jpg": 8, "turned.jpg": 8}  # levels of 255


# --- bad ones: how each is made, and what the sentence must say beside the name -------------------------------------


def content(format, size=(200, 150)):
    buffer = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(buffer, format)
    return buffer.getvalue()


def write_half(path):
    whole = content("JPEG" if path.suffix == ".jpg" else "PNG")
    path.write_bytes(whole[: len(whole) // 2])


def write_bomb(path):
    """A PNG whose header claims 30 000 x 30 000 pixels."""
    bytes_ = bytearray(content("PNG"))
    bytes_[16:24] = struct.pack(">II", 30_000, 30_000)
    bytes_[29:33] = struct.pack(">I", zlib.crc32(bytes(bytes_[12:29])))
    path.write_bytes(bytes_)


def write_unreadable(path):
    Image.fromarray(BLOCKS).save(path)
    path.chmod(0)


ANEW = "; save it anew as PNG or JPEG"
BAD = {
    "half.jpg": (write_half, ANEW),
    "half.png": (write_half, ANEW),
    "bomb.png": (write_bomb, "it has more than 178,956,970 pixels; scale it down"),
    "noise.jpg": (lambda path: path.write_bytes(RANDOM.bytes(5000)), ANEW),
    "page.jpg": (lambda path: path.write_text("<html>404 Not Found</html>"), ANEW),
    "empty.png": (lambda path: path.write_bytes(b""), ANEW),
    "folder.png": (Path.mkdir, "Is a directory"),
    "missing.png": (lambda path: None, "No such file or directory"),
    "locked.png": (write_unreadable, "Permission denied"),
}
