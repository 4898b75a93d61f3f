"""What a chapter shows in a kernel: its explorers, made by the chapter's own cells."""

import ast
import json

from zflib.widgets import Explorer, GeometryExplorer, SortableTable, VariantExplorer


def explorers(notebook):
    """The explorers and sortable tables that cells of a notebook end with; all cells up to the last are run."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    theirs = [at for at, source in enumerate(code) if "Explorer(" in source or "SortableTable(" in source]
    if not theirs:
        return []
    names = {}
    exec("import zflib", names)  # for the first cell, which may install it with a line that only Jupyter reads
    values = [_run(source, names) for source in code[1 : theirs[-1] + 1]]
    return [v for v in values if isinstance(v, Explorer | GeometryExplorer | SortableTable | VariantExplorer)]


def _run(source, names):
    """Run a cell; returns the value of its last line, if that is an expression."""
    *body, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        exec(source, names)
        return None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
