"""Make the environment that everything runs in: `python tools/environment.py FOLDER PINS`, as the Makefile does.

FOLDER is the virtual environment, PINS the requirements file. Packages are installed by uv, which needs a third of
pip's time; uv itself is the version that PINS names, installed into the environment by pip, so that Python alone is all
that a machine must have. Where uv can't be had or does not get through, pip does the whole of it.

What the installers say goes to a log; its path is printed if they fail.
"""

from __future__ import annotations  # an older Python, too, is to get as far as the sentence that asks for a newer one

import ast
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOG = ROOT / "_build" / "log" / "environment.log"
OLDEST = (3, 11)
# What pip is told by its settings, and the variable by which uv is told the same; uv reads none of pip's.
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "constraint": "UV_CONSTRAINT",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}
WEIGHT = {"global": 0, "install": 1, ":env:": 2}  # which of pip's settings outdoes which


def main() -> None:
    folder, pins = map(Path, sys.argv[1:])
    if sys.version_info < OLDEST:
        raise SystemExit(f"Python {'.'.join(map(str, OLDEST))} or later, please; this is {sys.version}")
    started = time.monotonic()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w", encoding="utf-8") as log:
        print(f"Installing what the course needs into {folder} ...", flush=True)
        python = create(folder, uv_of(pins), log)
        install(python, ["-r", str(pins)], log)
        install(python, ["--no-deps", "--no-build-isolation", "-e", str(ROOT)], log)
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)


def uv_of(pins: Path) -> str:
    """The requirement by which the file asks for uv: its version, if it gives one."""
    return re.search(r"^uv\b.*", pins.read_text(encoding="utf-8"), re.MULTILINE)[0]


def create(folder: Path, uv: str, log) -> Path:
    """Make a virtual environment with pip and, where it can be had, uv; returns its Python."""
    run([sys.executable, "-m", "venv", str(folder)], log)
    python = folder.absolute() / "bin" / "python"
    only_a_wheel = ["--only-binary", ":all:"]  # without one, pip would look for a Rust compiler
    if called([*pip(python), "install", "-q", *only_a_wheel, uv], log):
        print(f"{uv} is not to be had for this machine: pip installs, which takes longer.", flush=True)
    return python


def install(python: Path, what: list[str], log) -> None:
    """Install requirements, given as pip's arguments, by the uv of that environment; by pip where uv fails."""
    uv = python.with_name("uv")
    if uv.exists():
        # As pip does: a package may come from any of several indexes, and all are compiled here and once, instead of by
        # every process that meets them first.
        as_pip_does = ["--index-strategy", "unsafe-best-match", "--compile-bytecode"]
        command = [uv, "pip", "install", "--python", python, *as_pip_does, *what]
        if not called(command, log, os.environ | pip_settings(python)):
            return
        print(f"uv did not get through ({LOG}): pip installs, which takes longer.", flush=True)
    run([*pip(python), "install", "-q", *what], log)


def pip(python: Path) -> list:
    return [python, "-m", "pip", "--disable-pip-version-check"]


def pip_settings(python: Path) -> dict[str, str]:
    """Where pip is told to look, as variables for uv: an index for PyTorch without CUDA, a mirror, a certificate."""
    listed = subprocess.run([*pip(python), "config", "list"], check=True, capture_output=True, text=True).stdout
    told = re.findall(r"^(:env:|install|global)\.([\w-]+)=(.*)$", listed, re.MULTILINE)
    found: dict[str, str] = {}
    for _, key, value in sorted(told, reverse=True, key=lambda entry: WEIGHT[entry[0]]):
        if key in SETTINGS:
            separator = "," if key == "find-links" else " "
            found.setdefault(SETTINGS[key], separator.join(ast.literal_eval(value).split()))
    return {name: value for name, value in found.items() if name not in os.environ}


def called(command: list, log, environment: dict[str, str] | None = None) -> int:
    """Run a command, what it prints in the log; returns its exit status."""
    log.write(f"\n$ {' '.join(map(str, command))}\n")
    log.flush()
    return subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment).returncode


def run(command: list, log) -> None:
    if called(command, log):
        tail = "\n".join(LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise SystemExit(f"{tail}\n\nThe environment could not be made. All that was printed is in {LOG}")


if __name__ == "__main__":
    main()
