"""The page Your picture works out one verdict: its numbers are those of the panel."""

from pages import TEXT

from zflib.plots.unit_view import alike
from zflib.widgets.live import your_picture as panel
from zflib.widgets.live.draws import other_map


def test_the_verdict_that_is_worked_out_is_the_panels():
    """The first control of the unit with which the page opens."""
    step, unit = panel.OPENING
    net, deconv = panel._network(panel.NETWORK)
    geometry = next(each for each in net.architecture.geometry() if each.name == step)
    trace = panel.YourPicture()._trace(panel.NETWORK, panel.PHOTOGRAPH, step)
    other = other_map(unit[0], geometry.maps, 0)
    own, control = (
        deconv.project(trace, step, unit=(channel, *unit[1:]), seed=1)[0].numpy() for channel in (unit[0], other)
    )
    here = alike(own, control, geometry, unit, "signed")
    usual, floor = panel.usual(panel.NETWORK, step, "deconvnet", "another map, same place")["signed"]
    half = (usual + floor) / 2
    text = " ".join(TEXT["your_picture.md"].split())
    assert here > half
    for said in (
        f"map {unit[0]} of layer {step[-1]}",
        f"map {other}, and its likeness to the first is {here:.2f}",
        f"usually have a likeness of {usual:.2f}",
        f"the floor, is {floor:.2f}",
        f"half way, {half:.2f}",
    ):
        assert said in text, said
