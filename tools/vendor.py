"""Fetch once more the scripts of others that the repository keeps: `python tools/vendor.py`.

Two npm packages, cut down to what is used. MathJax (Apache 2.0) sets the formulas: the book must show them without a
network, so the site serves the script that reads TeX and sets it in HTML, and its fonts. axe-core (MPL 2.0) looks for
faults of accessibility in the tests and is part of no page. Nobody needs to run this to build the book or to test it;
it is here to say where the files came from and to renew them.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Package:
    """What is kept of an npm package, and where."""

    name: str
    sha512: str
    keep: tuple[str, ...]  # files and folders
    target: Path


PACKAGES = (
    Package(
        "mathjax@3.2.2",
        "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
        ("LICENSE", "es5/tex-mml-chtml.js", "es5/output/chtml/fonts/woff-v2"),
        ROOT / "book" / "static" / "vendor" / "mathjax",
    ),
    Package(
        "axe-core@4.14.1",
        "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        ("LICENSE", "LICENSE-3RD-PARTY.txt", "axe.min.js"),
        ROOT / "tests" / "site" / "axe",
    ),
)


def main() -> None:
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            renew(package, Path(folder))
        print(f"{package.name} is in {package.target}")


def renew(package: Package, folder: Path) -> None:
    subprocess.run(["npm", "pack", "--silent", package.name, "--pack-destination", folder], check=True)
    (packed,) = folder.glob("*.tgz")
    found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if found != package.sha512:
        raise SystemExit(f"{package.name} has SHA-512 {found}, not {package.sha512}: it was not renewed.")
    shutil.rmtree(package.target, ignore_errors=True)
    with tarfile.open(packed) as archive:
        for member in archive.getmembers():
            name = PurePosixPath(member.name).relative_to("package")
            if member.isfile() and any(name.is_relative_to(kept) for kept in package.keep):
                path = package.target / str(name).removeprefix("es5/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.extractfile(member).read())


if __name__ == "__main__":
    main()
