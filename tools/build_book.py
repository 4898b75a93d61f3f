"""Build the book: `python tools/build_book.py [--reuse]`, as `make book` and `make test` do.

Copies book/ and notebooks/ to _build/source, runs every notebook there, turns all of it into pages with warnings as
errors, puts the explorers' frames beside the pages and checks the result. Nothing is cached, so no page can show what
an older zflib computed. With --reuse the pages are kept if nothing that they depend on has changed since.

ZFLIB_PICTURES=imagenette builds the published edition, from Imagenette instead of the embedded photographs.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import check_site

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "_build"
SOURCE = BUILD / "source"
PAGES = BUILD / "html"
STAMP = BUILD / "built_from"
INPUTS = ("_config.yml", "_toc.yml", "pyproject.toml", "requirements.txt")
INPUTS += ("book", "notebooks", "results", "tools", "zflib")
SECOND_ICONS = re.compile(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>")
PASSING = ("__pycache__", ".ipynb_checkpoints", "explorers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reuse", action="store_true", help="keep the pages if nothing they depend on has changed")
    reuse = parser.parse_args().reuse
    before = fingerprint()
    if reuse and STAMP.is_file() and STAMP.read_text() == before:
        print(f"Nothing has changed since the pages in {PAGES.relative_to(ROOT)} were built.")
    else:
        started = time.monotonic()
        build()
        if fingerprint() == before:
            STAMP.write_text(before)
        print(f"Built in {time.monotonic() - started:.0f} s.")
    problems = check_site.missing_pages(PAGES, ROOT / "_toc.yml") + check_site.failures(PAGES)
    if problems:
        raise SystemExit("\n".join(["The pages are not fit to show:", *problems]))
    print(f"The book is at {(PAGES / 'index.html').as_uri()}")


def fingerprint() -> str:
    """SHA-256 over every file that the pages depend on, the edition and the Python that runs."""
    digest = hashlib.sha256(f"{os.environ.get('ZFLIB_PICTURES', 'embedded')} {sys.version}".encode())
    for name in INPUTS:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not set(PASSING) & set(path.parts):
                digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def build() -> None:
    for old in (SOURCE, PAGES, BUILD / ".doctrees", BUILD / ".jupyter_cache"):
        shutil.rmtree(old, ignore_errors=True)
    STAMP.unlink(missing_ok=True)
    for folder in ("book", "notebooks"):
        shutil.copytree(ROOT / folder, SOURCE / folder, ignore=shutil.ignore_patterns(*PASSING))

    # On a new machine the first import of pyplot may say on stderr that it lists the fonts: here, not in a page.
    subprocess.run([sys.executable, "-c", "import matplotlib.pyplot"], check=True, capture_output=True)
    command = [Path(sys.executable).with_name("jupyter-book"), "build", SOURCE, "--path-output", ROOT]
    command += ["--config", ROOT / "_config.yml", "--toc", ROOT / "_toc.yml", "-W", "-n", "--keep-going"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"ZFLIB_BOOK": "1"})
    if done.returncode:
        for report in sorted(PAGES.rglob("reports/**/*.err.log")):
            print(f"\n{report.stem}\n{report.read_text()}", file=sys.stderr)
        raise SystemExit("The book did not build; the warnings above say why.")

    for explorers in SOURCE.rglob("explorers"):
        shutil.copytree(explorers, PAGES / explorers.relative_to(SOURCE), dirs_exist_ok=True)

    # The theme's icons are letters of a font. Its script draws them once more, as SVG, and weighs as much as a chapter.
    for page in PAGES.rglob("*.html"):
        page.write_text(SECOND_ICONS.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
