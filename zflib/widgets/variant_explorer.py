"""Chapter 7's explorer: change one of the two networks, and see what it costs and which trained rows come nearest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

from zflib.architecture import Architecture
from zflib.widgets import page as page_face
from zflib.widgets.axes import Axis
from zflib.widgets.explorer import ELSEWHERE, bundle, in_the_book
from zflib.widgets.geometry import note
from zflib.widgets.variants import (
    MAPS,
    NETWORKS,
    REMOVABLE,
    SCALES,
    UNITS,
    Row,
    at_scale,
    describe,
    nearest,
    problems,
    rows_of_table_3,
    total,
    variant,
)

CAPTION = (
    "The paper's scale has 1000 classes; the mini scale ten, half the maps and a quarter of the units. Layer 1's "
    "padding moves with its kernel, so that windows keep their centres. ReLU, normalisation and dropout, which change "
    "none of the numbers, are left out of the steps. The nearest row of Table 3 is the one with the fewest changes: a "
    "layer left out or put back, the units, the maps, the first kernel, the first stride, and what else tells AlexNet "
    "from ZFNet (layer 2's stride and padding, and rounding) count one each; of equal ones, the row nearer in "
    "multiply-adds."
)
STEPS = ("Step", "Maps", "Side", "Receptive field, px", "Spacing, px", "Parameters", "Multiply-adds")
ROWS = ("Nearest rows of Table 3", "Changes", "Paper, %", "Ours (mini), %")


class VariantExplorer:
    """Build your own variant of AlexNet or ZFNet, as in Table 3 (chapter 7).

        VariantExplorer({("zfnet", "as_is"): {"error": 25.1, "sd": 0.4, "seeds": 3}})

    trained  {(network, row): {"error", "sd", "seeds"}} for rows of `zflib.paper.TABLES[3]` by their names: our mean
             validation top-1 error in percent, its standard deviation over seeds and their number; the last two may be
             missing, and so may rows. {"by_seed": errors} of a row whose seeds have no mean to speak of
    seconds  what the kernel's button gives to training; in the built book there is no button

    Shows every step's size and cost, what they add up to beside the unchanged network, and the rows of Table 3 that
    come nearest; says in red what can't be. In the built book the page computes all of this. In a kernel, a button
    trains the variant at the mini scale on the synthetic set (`zflib.training.brief`), in the background.

    Raises ValueError for a row that is not in Table 3, or one without an error.
    """

    name = "Build your own variant"
    axes = (
        Axis("network", tuple(NETWORKS)),
        Axis("scale", SCALES),
        Axis("kernel_of_layer_1", (3, 5, 7, 9, 11)),
        Axis("stride_of_layer_1", (1, 2, 4)),
        Axis("layers_3_to_5", tuple(MAPS)),
        Axis("layers_6_and_7", tuple(UNITS)),
        *(Axis(f"without_layer_{layer}", (False, True)) for layer in REMOVABLE),
    )

    def __init__(
        self, trained: Mapping[tuple[str, str], Mapping[str, Any]] | None = None, seconds: float = 120
    ) -> None:
        self.rows = rows_of_table_3(trained or {})
        self.start = {axis.name: axis.values[0] for axis in self.axes} | {
            "kernel_of_layer_1": 7,
            "stride_of_layer_1": 2,
            "layers_6_and_7": "4096 units",
        }
        self.seconds = seconds
        figure = f'<figure style="margin:0">{self._result(**self.start)}<figcaption>{CAPTION}</figcaption></figure>'
        self._html = self.page_html() if in_the_book() else figure + ELSEWHERE

    def _result(self, network: str, scale: str, **setting: Any) -> str:
        changed, amiss = self._read(network, **setting)
        red = "".join(note(sentence, "red") for sentence in amiss)
        sentences = red + summary(changed, scale)
        return f'<div aria-live="polite">{sentences}</div><div>{tables(changed, scale, self.rows)}</div>'

    @staticmethod
    def _read(
        network: str,
        kernel_of_layer_1: int,
        stride_of_layer_1: int,
        layers_3_to_5: str,
        layers_6_and_7: str,
        **without: bool,
    ) -> tuple[Architecture, list[str]]:
        """The network of a setting at the paper's scale, and what is amiss."""
        left_out = [layer for layer in REMOVABLE if without[f"without_layer_{layer}"]]
        setting = (layers_3_to_5, layers_6_and_7, kernel_of_layer_1, stride_of_layer_1, left_out)
        return variant(network, *setting), problems(*setting)

    def page_html(self) -> str:
        """The page's face: native controls, and a script that computes what they show."""
        uid = page_face.unique_id()
        data = {
            "networks": [[name, asdict(base)] for name, base in NETWORKS.items()],
            "maps": [*MAPS.values()],
            "units": [*UNITS.values()],
            "rows": [asdict(row) for row in self.rows],
            "captions": [STEPS, ROWS],
        }
        body = (
            f"{page_face.controls(uid, self.name, self.axes, self.start)}"
            f"<figure>{self._result(**self.start)}"
            f"<figcaption><details><summary>What it counts</summary>{CAPTION}</details></figcaption></figure>"
            "<noscript><p>The controls need JavaScript.</p></noscript>"
        )
        return page_face.section(uid, "variants", body, data, uses=("shared",))

    @cached_property
    def widget(self) -> Any:
        """The kernel's face: an ipywidgets box of the controls, the tables and the button that trains."""
        from zflib.widgets import kernel, trainer

        controls = {axis.name: kernel.control(axis, self.start[axis.name]) for axis in self.axes}

        def take_its_first_layer(change: dict[str, Any]) -> None:
            first = NETWORKS[change["new"]].convs[0]
            controls["kernel_of_layer_1"].value, controls["stride_of_layer_1"].value = first.kernel, first.stride

        def chosen() -> Architecture:
            setting = {name: control.value for name, control in controls.items()}
            del setting["scale"]
            return self._read(**setting)[0]

        controls["network"].observe(take_its_first_layer, "value")
        styled = f"<style>{page_face.asset('explorer.css')}</style>"

        def show(**setting: Any) -> str:
            # Every setting is a new document here: folded, its steps would close under the reader.
            opened = self._result(**setting).replace("<details>", "<details open>")
            return f'{styled}<div class="zf-explorer">{opened}</div>'

        box = kernel.box(controls, show(**self.start), show)
        return trainer.under(box, chosen, describe, self.seconds)

    def __repr__(self) -> str:
        return "VariantExplorer()"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self, self._html)


def summary(architecture: Architecture, scale: str) -> str:
    """Parameters and multiply-adds beside those of the unchanged network, as HTML."""
    name, base = next((name, base) for name, base in NETWORKS.items() if base.name == architecture.name)
    steps, unchanged = (at_scale(a, scale).geometry() for a in (architecture, base))
    dense = [step for step in steps if step.name.startswith("fc")]
    parameters, macs = total(steps, "parameters"), total(steps, "macs")
    times = [rounded(total(steps, what) / total(unchanged, what), 2) for what in ("parameters", "macs")]
    return (
        f"<p><strong>{parameters:,}</strong> parameters, {times[0]} times those of {name} as it is; "
        f"{rounded(100 * total(dense, 'parameters') / parameters, 1)} % of them in layers 6 to 8. "
        f"<strong>{macs:,}</strong> multiply-adds for one picture, {times[1]} times.</p>"
    )


def rounded(value: float, digits: int) -> str:
    """Halves upwards, as the page's script does it; Python's own rounding takes them to the even digit."""
    return f"{math.floor(value * 10**digits + 0.5) / 10**digits:.{digits}f}"


def tables(architecture: Architecture, scale: str, rows: Sequence[Row]) -> str:
    """The rows of Table 3 that are nearest to a network, and folded away its steps, as HTML."""
    scaled = at_scale(architecture, scale)
    steps = [step for step in scaled.geometry() if step.name.startswith(("conv", "pool", "fc"))]
    sizes = []
    for s in steps:
        sees = s.receptive_field if s.receptive_field < scaled.input_size else "all"
        apart = s.jump if s.size > 1 else "–"
        sizes.append((s.name, s.maps, s.size, sees, apart, s.parameters or "–", s.macs or "–"))
    close = [(row.words, count, f"{row.paper:.1f}", row.ours) for count, row in nearest(architecture, scale, rows)]
    steps_folded = f"<details><summary>Its steps</summary>{_table('Its steps', STEPS, sizes)}</details>"
    return _table("Validation top-1 error", ROWS, close) + steps_folded


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    body = ""
    for first, *others in rows:
        cells = "".join(f"<td>{cell:,}</td>" if isinstance(cell, int) else f"<td>{cell}</td>" for cell in others)
        body += f'<tr><th scope="row">{first}</th>{cells}</tr>'
    return (
        f'<div class="zf-scroll" role="region" tabindex="0" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
