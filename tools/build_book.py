"""Build the book: `python tools/build_book.py`, as `make book` and `make test` do.

Runs the chapters (tools/run_notebooks.py), copies book/ and the executed chapters to _build/source, turns all of it
into pages with warnings as errors, puts the explorers' frames and the networks beside the pages and checks the result.
Chapters and pages are kept if nothing that they depend on has changed, so no page shows what an older zflib computed.

Of its two editions it builds the one that ZFLIB_PICTURES names, or else the one whose pictures are at hand
(tools/edition.py). Each keeps its chapters in a folder of its own, so that neither is run again for the other.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import check_site
import edition
import run_notebooks
from run_notebooks import EXECUTED, PASSING, ROOT, fingerprint

BUILD = ROOT / "_build"
SOURCE = BUILD / "source"
PAGES = BUILD / "html"
STAMP = BUILD / "built_from"
LOG = BUILD / "log" / "pages.log"
INPUTS = ("_config.yml", "_toc.yml", "book", "notebooks", "tools", *run_notebooks.INPUTS)
CHAPTERS = run_notebooks.notebooks()
SECOND_ICONS = re.compile(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>")
UNNAMED = '<summary><span class="toctree-toggle"'
NAMED = UNNAMED.replace("<summary", '<summary aria-label="Deeper pages"')


def main() -> None:
    started = time.monotonic()
    try:
        name, sentence = edition.chosen()
        say(sentence)
        edition.fetch(name)
    except edition.NotThere as problem:
        raise SystemExit(str(problem)) from None
    os.environ["ZFLIB_PICTURES"] = name  # for the chapters
    executed = EXECUTED if name == "embedded" else EXECUTED.with_name(f"executed_{name}")
    before = fingerprint(*INPUTS)
    if STAMP.is_file() and STAMP.read_text() == before:
        say(f"Nothing has changed since the pages in {PAGES.relative_to(ROOT)} were built.")
    else:
        STAMP.unlink(missing_ok=True)
        run_chapters(executed)
        build(executed)
        if fingerprint(*INPUTS) == before:
            STAMP.write_text(before)
        say(f"Built in {time.monotonic() - started:.0f} s.")
    problems = check_site.missing_pages(PAGES, ROOT / "_toc.yml") + check_site.failures(PAGES)
    if problems:
        raise SystemExit("\n".join(["The pages are not fit to show:", *problems]))
    say(f"The book is at {(PAGES / 'index.html').as_uri()}")


def say(sentence: str) -> None:
    print(sentence, flush=True)


def run_chapters(executed: Path) -> None:
    os.environ["ZFLIB_BOOK"] = "1"  # an explorer shows its page's face
    # On a new machine the first import of pyplot may say on stderr that it lists the fonts: here, not in a page.
    subprocess.run([sys.executable, "-c", "import matplotlib.pyplot"], check=True, capture_output=True)
    try:
        run_notebooks.run(CHAPTERS, executed, say, reuse=True)
    except run_notebooks.Failed as failed:
        raise SystemExit(f"{failed}\nThe book was not built. What the kernels said is in {run_notebooks.LOG}") from None


def build(executed: Path) -> None:
    """Turn book/ and the executed chapters into pages."""
    for old in (SOURCE, PAGES, BUILD / ".doctrees"):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(ROOT / "book", SOURCE / "book", ignore=shutil.ignore_patterns(*PASSING))
    for chapter in CHAPTERS:
        folder = SOURCE / chapter.relative_to(ROOT).parent
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(executed / chapter.stem / chapter.name, folder)

    say("Turning the chapters and the pages between them into HTML ...")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", SOURCE, "--path-output", ROOT]
    command += ["--config", ROOT / "_config.yml", "--toc", ROOT / "_toc.yml", "-W", "-n", "--keep-going"]
    with LOG.open("w", encoding="utf-8") as log:
        done = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    if done.returncode:
        problems = re.findall(r"^.*(?:WARNING|ERROR).*$", LOG.read_text(encoding="utf-8"), re.MULTILINE)
        raise SystemExit("\n".join([*problems, f"The book did not build. All that was printed is in {LOG}"]))

    for chapter in CHAPTERS:
        if (frames := executed / chapter.stem / "explorers").is_dir():
            beside = PAGES / chapter.relative_to(ROOT).parent
            shutil.copytree(frames, beside / "explorers", dirs_exist_ok=True)

    # Not above: where nothing has changed, torch's import would take longest.
    from zflib.widgets import live
    from zflib.widgets.live import hero, your_picture

    live.write(PAGES / "_static" / "live")
    your_picture.write(PAGES / "_static" / "live")
    hero.write(PAGES / "_static" / "live")

    # The theme's icons are letters of a font. Its script draws them once more, as SVG, and weighs as much as a chapter.
    # And what opens a chapter's Deeper pages in the contents is an icon without a name.
    for page in PAGES.rglob("*.html"):
        html = SECOND_ICONS.sub("", page.read_text(encoding="utf-8"))
        page.write_text(html.replace(UNNAMED, NAMED), encoding="utf-8")


if __name__ == "__main__":
    main()
