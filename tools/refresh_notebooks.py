"""Run the committed notebooks and keep their outputs: `python tools/refresh_notebooks.py [notebook ...]`.

They run on the embedded photographs with an empty data root, so that no output shows a picture we may not pass on.
A notebook is replaced only once it has run to its end. Outputs hold no sliders: those need a kernel.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent


def main() -> None:
    os.environ["ZFLIB_PICTURES"] = "embedded"
    with tempfile.TemporaryDirectory() as empty:
        os.environ["ZFLIB_DATA"] = empty
        for path in map(Path, sys.argv[1:] or sorted(ROOT.glob("notebooks/*.ipynb"))):
            started = time.monotonic()
            refresh(path)
            print(f"{path.name}: {time.monotonic() - started:.0f} s, {path.stat().st_size / 1e3:.0f} kB")


def refresh(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=1200,
        kernel_name="python3",
        resources={"metadata": {"path": path.parent}},
        record_timing=False,  # times of day would change the file at every run
        store_widget_state=False,
    ).execute()
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            # Without its kernel a widget is an error message: what stays is the picture that it stands over.
            if "text/html" in output.get("data", {}):
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(path)


if __name__ == "__main__":
    main()
