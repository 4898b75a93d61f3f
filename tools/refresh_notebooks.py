"""Run the committed notebooks and keep their outputs: `python tools/refresh_notebooks.py [notebook ...]`.

They run on the embedded photographs with an empty data root, so that no output shows a picture we may not pass on.
A notebook is replaced only once it has run to its end. Outputs hold no sliders: those need a kernel.
What an author tags as `hide-input` or `hide-cell` is folded away everywhere.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
import run_notebooks


def main() -> None:
    notebooks = [Path(name) for name in sys.argv[1:]] or run_notebooks.notebooks()
    os.environ["ZFLIB_PICTURES"] = "embedded"
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as executed:
        os.environ["ZFLIB_DATA"] = empty
        run_notebooks.run(notebooks, Path(executed))
        for path in notebooks:
            keep(Path(executed) / path.stem / path.name, path)


def keep(executed: Path, path: Path) -> None:
    """Replace a notebook by its executed copy, without what would differ at every run or needs a kernel."""
    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        fold(cell)
        for output in cell.get("outputs", []):
            # Without its kernel a widget is an error message: what stays is the picture that it stands over.
            if "text/html" in output.get("data", {}):
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(path)
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def fold(cell: nbformat.NotebookNode) -> None:
    """Fold a tagged cell in JupyterLab and on Colab too; a cell folded with what it shows is a solution."""
    hidden = {"hide-input", "hide-cell"} & set(cell.metadata.get("tags", []))
    if hidden:
        cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
        cell.metadata["cellView"] = "form"  # Colab shows "Show code" in place of it, and needs no title
    if "hide-cell" in hidden:
        prompts = {f"code_prompt_{verb}": f"{verb.title()} the solution" for verb in ("show", "hide")}
        cell.metadata["mystnb"] = cell.metadata.get("mystnb", {}) | prompts


if __name__ == "__main__":
    main()
