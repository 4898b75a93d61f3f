"""A network's drawing holds the sizes that its geometry has."""

import pytest

from zflib import plots
from zflib.architecture import ALEXNET, ZFNET


@pytest.mark.parametrize("network", [ALEXNET, ZFNET, ZFNET.mini(), ZFNET.without(6, 7), ALEXNET.without(3, 4)])
def test_architecture_writes_every_size(axes, network):
    plots.architecture(axes, network)
    written = [text.get_text() for text in axes.texts]
    for step in network.geometry():
        if step.name.startswith(("conv", "pool")):
            assert step.name in written and f"{step.size}×{step.size}\n×{step.maps}" in written
        if step.name.startswith("fc"):
            assert step.name in written and str(step.maps) in written
    for conv in network.convs:
        assert f"{conv.kernel}×{conv.kernel}/{conv.stride}" in written


def test_architecture_is_to_scale(axes):
    plots.architecture(axes, ZFNET)
    heights = [round(patch.get_xy()[:, 1].max() - patch.get_xy()[:, 1].min(), 6) for patch in axes.patches]
    steps = {step.name: step for step in ZFNET.geometry()}
    for side in (224, steps["conv1"].size, steps["pool5"].size):
        assert float(side) in heights  # the front of the slab
        assert round(side * 1.2, 6) in heights  # the plane that leans back
    assert steps["fc6"].maps / 20 in heights


def test_architecture_draws_a_part(axes):
    plots.architecture(axes, ZFNET, "pool2", "conv5")
    written = [text.get_text() for text in axes.texts]
    assert [name for name in written if name.isalnum()] == ["pool2", "conv3", "conv4", "conv5"]
    assert written.count("3×3/1") == 3 and "3×3/2" not in written, "a window lies on the step before"


@pytest.mark.parametrize("part", [("conv9",), ("conv3", "conv2"), ("picture", "fc9")])
def test_architecture_refuses_a_part_that_is_none(axes, part):
    with pytest.raises(ValueError, match="first and last must be two of picture, conv1"):
        plots.architecture(axes, ZFNET, *part)
