"""The page Your picture works out one verdict: its numbers are those of the panel."""

import pytest
from pages import TEXT

from zflib.plots.unit_view import alike
from zflib.widgets.live import photographs
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
    usual, floor = panel.usual(panel.NETWORK, step, "deconvnet", "another map, same place")
    text = " ".join(TEXT["your_picture.md"].split())
    assert here > usual
    for said in (
        f"map {unit[0]} of layer {step[-1]}",
        f"map {other}, and its likeness to the first is {here:.2f}",
        f"In layer {step[-1]}, where the page opens, two maps usually come to a likeness of {usual:.2f}, "
        f"and the floor is {floor:.2f}",
        f"is {here:.2f}. That is above {usual:.2f}",
    ):
        assert said in text, said


@pytest.mark.parametrize("step", ["conv3", "conv5"])
def test_either_side_of_the_bet_can_win(step):
    """Over strong maps of the page's photographs, and other maps drawn by lot."""
    assert "about half of the pairs lie above what is usual" in " ".join(TEXT["your_picture.md"].split())
    net, deconv = panel._network(panel.NETWORK)
    geometry = next(each for each in net.architecture.geometry() if each.name == step)
    usual, _ = panel.usual(panel.NETWORK, step, "deconvnet", "another map, same place")
    your_picture, likenesses = panel.YourPicture(), []
    for photograph in photographs.NAMES:
        trace = your_picture._trace(panel.NETWORK, photograph, step)
        for rank in (1, 4, 8):
            unit, _ = your_picture._unit("ZFNet-mini", photograph, step, rank)
            others = [other_map(unit[0], geometry.maps, 10 * rank + draw) for draw in range(4)]
            own, *found = (
                deconv.project(trace, step, unit=(channel, *unit[1:]), seed=1)[0].numpy()
                for channel in (unit[0], *others)
            )
            likenesses += [alike(own, each, geometry, unit, "signed") for each in found]
    above = sum(each > usual for each in likenesses) / len(likenesses)
    assert 0.35 < above < 0.65
