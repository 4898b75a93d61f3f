"""Which pictures the book shows: Imagenette's where they are at hand, else the embedded photographs.

What ZFLIB_PICTURES says decides; `make book PICTURES=embedded` or `PICTURES=imagenette` sets it. Tests and the
committed notebooks always take the embedded ones: the same result everywhere.
"""

import os
from pathlib import Path

EDITIONS = ("embedded", "imagenette")


class NotThere(Exception):
    """The pictures that were asked for can't be had, in one sentence."""


def root() -> Path:
    """As zflib.data.data_root, without waiting for torch."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("ZFLIB_DATA") or user_cache_path("zflib")).expanduser()


def pictures() -> list[Path]:
    """Files of Imagenette's validation pictures under the data root."""
    return sorted((root() / "imagenette2-160" / "val").glob("*/*"))


def chosen() -> tuple[str, str]:
    """The edition, and a sentence that says which it is and how to get the other. Raises NotThere for another name."""
    asked = os.environ.get("ZFLIB_PICTURES") or ""
    if asked not in ("", *EDITIONS):
        raise NotThere(f"PICTURES is {asked!r}; it can be {' or '.join(EDITIONS)}.")
    if asked == "imagenette" or (not asked and pictures()):
        return (
            "imagenette",
            f"Pictures: Imagenette's, under {root()}; PICTURES=embedded takes the photographs inside the packages.",
        )
    how = f"downloaded once (99 MB), or found as imagenette2-160 under {root()}"
    return "embedded", f"Pictures: the photographs inside the packages; PICTURES=imagenette takes Imagenette's, {how}."


def fetch(edition: str) -> None:
    """Have an edition's pictures at hand. Raises NotThere, saying what to do, where Imagenette can't be had."""
    if edition == "imagenette" and not pictures():
        from zflib.data import imagenette

        try:
            imagenette("val", 160, download=True)
        except FileNotFoundError:
            raise NotThere(
                f"Imagenette is not under {root()} and can't be downloaded: set ZFLIB_DATA to the folder that holds "
                "imagenette2-160, or take PICTURES=embedded."
            ) from None


def fingerprint() -> str:
    """What tells an edition from another: its name and, as pictures on a disk may change, their sizes and times."""
    edition = os.environ.get("ZFLIB_PICTURES") or "embedded"
    if edition != "imagenette":
        return edition
    about = [(path, path.stat()) for path in pictures()]
    return "\n".join([edition, *(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in about)])
