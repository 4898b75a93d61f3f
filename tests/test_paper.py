"""The published figures: read-only, complete, and in agreement with our architectures."""

import numpy as np
import pytest
import torch

import zflib
from zflib import paper

TABLE_3 = {
    "as_is": lambda net: net,
    "removed_layers_3_4": lambda net: net.without(3, 4),
    "removed_layer_7": lambda net: net.without(7),
    "removed_layers_6_7": lambda net: net.without(6, 7),
    "removed_layers_3_4_6_7": lambda net: net.without(3, 4, 6, 7),
    "layers_6_7_2048_units": lambda net: net.with_units(2048),
    "layers_6_7_8192_units": lambda net: net.with_units(8192),
    "layers_3_4_5_512_1024_512": lambda net: net.with_maps({3: 512, 4: 1024, 5: 512}),
    "layers_6_7_8192_units_and_layers_3_4_5_512_1024_512": lambda net: net.with_units(8192).with_maps(
        {3: 512, 4: 1024, 5: 512}
    ),
}
ROWS = [("alexnet", row) for row in paper.TABLES[3]["alexnet_replication"]] + [
    ("zfnet", row) for row in paper.TABLES[3]["zfnet"]
]


def test_figure_3_is_our_zfnet():
    steps = {step.name: step for step in zflib.ZFNET.geometry()}
    for layer in paper.ARCHITECTURE:
        n = layer["layer"]
        if "conv" in layer:
            ours = next(c for c in zflib.ZFNET.convs if c.layer == n)
            assert dict(layer["conv"]) == {"maps": ours.maps, "kernel": ours.kernel, "stride": ours.stride}
            assert steps[f"conv{n}"].size == layer["size"]
            assert (f"pool{n}" in steps) == ("pool" in layer)
            assert (f"norm{n}" in steps) == layer.get("contrast_normalised", False)
            if "pool" in layer:
                assert dict(layer["pool"]) == {"kernel": ours.pool.kernel, "stride": ours.pool.stride}
                assert steps[f"pool{n}"].size == layer["pooled"]
        else:
            assert steps[f"fc{n}"].maps == layer["units"]


@pytest.mark.parametrize("scale", ["paper", "mini"])
@pytest.mark.parametrize("name, row", ROWS)
def test_every_row_of_table_3_can_be_built(name, row, scale):
    architecture = TABLE_3[row]({"alexnet": zflib.ALEXNET, "zfnet": zflib.ZFNET}[name])
    architecture = architecture.mini() if scale == "mini" else architecture
    with torch.device("meta"):
        net = zflib.ConvNet(architecture)
        logits = net.eval()(torch.zeros(1, 3, architecture.input_size, architecture.input_size))
    assert logits.shape == (1, architecture.classes)
    assert sum(p.numel() for p in net.parameters()) == sum(step.parameters for step in architecture.geometry())


def test_all_tables_and_figures_are_there():
    assert sorted(paper.TABLES) == list(range(1, 8))
    assert sorted(paper.FIGURES) == list(range(1, 10))


def test_errors_are_percentages_and_top_5_is_below_top_1():
    pairs = [row[:2] for row in paper.TABLES[2].values()]
    pairs += [row[1:] for network in paper.TABLES[3].values() for row in network.values()]
    assert all(top1 is None or 0 < top5 < top1 < 100 for top1, top5 in pairs)


def test_tables_2_and_3_agree_on_the_two_networks():
    ours, theirs = paper.TABLES[3]["zfnet"], paper.TABLES[3]["alexnet_replication"]
    assert ours["as_is"][1:] == paper.TABLES[2]["zfnet_1_convnet"][:2]
    assert theirs["as_is"][1:] == paper.TABLES[2]["replication_of_krizhevsky_1_convnet"][:2]


def test_every_filter_of_the_banks_peaks_in_one_band():
    banks = {name: bank for name, bank in paper.BANKS.items() if name != "edges"}
    assert len(banks) == 2
    for bank in banks.values():
        assert sum(bank["peaks"]) == bank["maps"] == len(bank["at"])
        assert np.histogram(bank["at"], paper.BANKS["edges"])[0].tolist() == list(bank["peaks"])
        assert sum(bank["energy"]) == pytest.approx(1, abs=0.002)
        assert len(bank["peaks"]) == len(bank["energy"]) == len(paper.BANKS["edges"]) - 1


def test_nothing_can_be_overwritten():
    with pytest.raises(TypeError):
        paper.TABLES[3] = {}
    with pytest.raises(TypeError):
        paper.TABLES[2]["zfnet_1_convnet"] = (0, 0, 0)
    with pytest.raises(TypeError):
        paper.TABLES[2]["zfnet_1_convnet"][0] = 0


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="TABEL"):
        _ = paper.TABEL
    assert {"TABLES", "ARCHITECTURE"} <= set(dir(paper))
