"""Run the course as someone without this checkout would: `python tools/run_elsewhere.py [--constraint FILE]`.

Builds the wheel and installs it, with what it declares and what a notebook server brings along, into a new virtual
environment in a temporary folder. From there it projects a photograph on the command line and runs copies of all
notebooks. That takes the index, some gigabytes of disk and some minutes; tests/test_packaging.py asks what can be asked
in seconds.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import environment

ROOT = Path(__file__).parent.parent
SERVER = ("ipykernel", "nbclient")  # what every notebook server has, Colab's too
PHOTOGRAPH = "import zflib; zflib.data.photograph('chelsea').picture.save('cat.jpg'); print(zflib.__file__)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--constraint", metavar="FILE", help="versions that pip must keep to, in pip's own format")
    constraint = parser.parse_args().constraint
    with tempfile.TemporaryDirectory() as name:
        away = Path(name).resolve()
        python = installed(away, constraint)
        project(python, away)
        run_notebooks(python, away)


def installed(away: Path, constraint: str | None) -> Path:
    """Make the environment, as the course's own is made; returns its Python."""
    started = time.monotonic()
    environment.LOG.parent.mkdir(parents=True, exist_ok=True)
    with environment.LOG.open("w", encoding="utf-8") as log:
        python = environment.create(away / "environment", environment.uv_of(ROOT / "requirements.txt"), log)
        source = copy_of_the_tree(away / "source")
        environment.run([*environment.pip(python), "wheel", "-q", "--no-deps", "-w", away, source], log)
        shutil.rmtree(source)
        (wheel,) = away.glob("*.whl")
        limits = ["--constraint", constraint] if constraint else []
        environment.install(python, [*limits, str(wheel), *SERVER], log)
    print(f"{wheel.name} and what it needs: installed in {time.monotonic() - started:.0f} s", flush=True)
    return python


def files(folder: str = ".") -> list[str]:
    """What is or may become part of the repository: all that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if (ROOT / name).is_file()]


def copy_of_the_tree(into: Path) -> Path:
    """Copy these files. Built in place, a wheel would pack what an earlier build has left."""
    for name in files():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, into / name)
    return into


def run(command: list, away: Path) -> str:
    """Run a command in `away`, with nothing of this checkout or of this user's folders; returns what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JUPYTER", "ZFLIB"))}
    done = subprocess.run(command, cwd=away, env=kept | {"HOME": str(away)}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def project(python: Path, away: Path) -> None:
    """Project a photograph on the command line."""
    found = Path(run([python, "-c", PHOTOGRAPH], away).strip())
    if not found.is_relative_to(away):
        raise SystemExit(f"This is not the installed zflib: {found}")
    print(run([python, "-m", "zflib", "project", "cat.jpg", "--out", "projection.png"], away), end="", flush=True)
    if not (away / "projection.png").is_file():
        raise SystemExit("python -m zflib project wrote no picture.")


def run_notebooks(python: Path, away: Path) -> None:
    """Run a copy of every notebook; its first cell, which installs zflib where that is missing, must do nothing."""
    for original in sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("notebooks/deeper/*.ipynb")]):
        started = time.monotonic()
        copy = Path(shutil.copy(original, away))
        run([python.with_name("jupyter-execute"), "--inplace", "--timeout=1200", copy], away)
        cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
        first = next(cell for cell in cells if cell["cell_type"] == "code")
        if first["outputs"]:
            raise SystemExit(f"{copy.name}: the first cell did something: {first['outputs']}")
        print(f"{copy.name}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
