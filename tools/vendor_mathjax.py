"""Fetch MathJax once more into book/static/vendor/mathjax: `python tools/vendor_mathjax.py`.

The book must show its formulas without a network, so the site serves its own copy. It is the npm package `mathjax`,
cut down to what the pages load: the script that reads TeX and sets it in HTML, its fonts, and the licence (Apache 2.0).
Nobody needs to run this to build the book; it is here to say where the files came from and to renew them.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

PACKAGE = "mathjax@3.2.2"
SHA512 = "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw=="
KEEP = ("LICENSE", "es5/tex-mml-chtml.js", "es5/output/chtml/fonts/woff-v2")
TARGET = Path(__file__).parent.parent / "book" / "static" / "vendor" / "mathjax"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE, "--pack-destination", folder], check=True)
        (package,) = Path(folder).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
        if found != SHA512:
            raise SystemExit(f"{PACKAGE} has SHA-512 {found}, not {SHA512}: nothing was changed.")
        shutil.rmtree(TARGET, ignore_errors=True)
        with tarfile.open(package) as archive:
            for member in archive.getmembers():
                name = PurePosixPath(member.name).relative_to("package")
                if member.isfile() and any(name.is_relative_to(kept) for kept in KEEP):
                    path = TARGET / str(name).removeprefix("es5/")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(archive.extractfile(member).read())
    print(f"{PACKAGE} is in {TARGET}")


if __name__ == "__main__":
    main()
