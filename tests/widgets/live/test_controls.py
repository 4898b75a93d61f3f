"""The page's controls mean what zflib's do; what they draw at random is given to zflib, which must then agree."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from zflib.analysis import controls
from zflib.architecture import Pool
from zflib.deconvnet import DeconvNet

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
pytestmark = pytest.mark.browser

PIXELS = 20 * torch.randn(3, 18, 18, generator=torch.Generator().manual_seed(0))


def mulberry32(seed):
    """The generator once more, in whole numbers of any size."""
    while True:
        seed = (seed + 0x6D2B79F5) % 2**32
        t = seed
        t = (t ^ t >> 15) * (1 | t) % 2**32
        t ^= (t + (t ^ t >> 7) * (61 | t)) % 2**32
        yield (t ^ t >> 14) / 2**32


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**32 - 1])
def test_the_generator(engine, seed):
    found = engine("const next = generator(given[0]); return Array.from({ length: 50 }, next)", seed)
    numbers = mulberry32(seed)
    assert found == [next(numbers) for _ in range(50)]


def test_another_map_is_any_other(engine):
    found = engine("return Array.from({ length: 600 }, (_, draw) => otherMap(2, 5, draw))")
    counts = np.bincount(found, minlength=5)
    assert counts[2] == 0 and (counts[[0, 1, 3, 4]] > 100).all()


@pytest.mark.parametrize("pool", [Pool(ceil=True), Pool(2, 2, True)], ids=str)
def test_shuffled_switches_stay_in_their_windows_and_take_each_position(engine, small, pool):
    _, deconv, steps, weights = small(1, pool)
    trace = deconv.forward(PIXELS[None])
    found = engine(
        """
        const network = tiny(given[0], given[1]), trace = forward(network, unpacked(given[2]), "fc8");
        return Array.from({ length: 60 }, (_, draw) => {
          const other = shuffled(trace, draw), projection = project(network, other, "conv2", [1, 2, 1], { seed: 1 });
          const [pool1, pool2] = Object.values(other.switches).map(packed);
          return { pool1, pool2, projection: kept(projection) };
        });
        """,
        steps, weights, PIXELS.numpy(),
    )  # fmt: skip
    for name in ("pool1", "pool2"):
        width = trace.before(name).shape[3]
        h, w = trace[name].shape[2:]
        drawn = np.stack([each[name] for each in found]).reshape(60, -1, h, w)
        for i in range(h):
            for j in range(w):
                window = [
                    r * width + c
                    for r in range(i * pool.stride, min(i * pool.stride + pool.kernel, width))
                    for c in range(j * pool.stride, min(j * pool.stride + pool.kernel, width))
                ]
                counts = np.array([(drawn[:, :, i, j] == at).sum() for at in window])
                assert counts.sum() == drawn[:, :, i, j].size
                expected = counts.sum() / len(window)
                assert (np.abs(counts - expected) < 5.5 * expected**0.5).all()
    for each in found[:3]:
        moved = {n: torch.from_numpy(each[n].astype(np.int64)).view(s.shape) for n, s in trace.switches.items()}
        same(each["projection"], deconv.project(replace(trace, switches=moved), "conv2", unit=(1, 2, 1), seed=1)[0])


def same(window, wanted):
    picture = torch.zeros_like(wanted)
    rows, columns = (slice(window[a], window[a] + window[b]) for a, b in (("top", "height"), ("left", "width")))
    picture[:, rows, columns] = torch.from_numpy(window["values"].copy()).view(3, window["height"], window["width"])
    assert (picture - wanted).abs().max() <= 1e-5 * wanted.abs().max()


def test_random_weights(engine, small):
    net, _, steps, weights = small(2)
    for layers in controls.cascade(net, "conv2"):
        found = engine(
            """
            const [steps, weights, pixels, layers] = given, network = tiny(steps, weights);
            const trace = forward(network, unpacked(pixels), "fc8");
            const other = randomised(network, layers, 4), through = forward(other, unpacked(pixels), "conv2", trace);
            const drawn = other.steps.filter(({ name }) => layers.includes(name));
            const numbers = ({ name, weight, bias }) => ({ name, weight: packed(weight), bias: packed(bias) });
            return { drawn: drawn.map(numbers),
                     kept: other.steps.every((step, at) => (step === network.steps[at]) !== layers.includes(step.name)),
                     projection: kept(project(other, through, "conv2", [1, 2, 1], { seed: 1 })) };
            """,
            steps, weights, PIXELS.numpy(), list(layers),
        )  # fmt: skip
        assert found["kept"]
        other = controls.randomised(net, layers)
        for each in found["drawn"]:
            layer = other.get_submodule(each["name"])
            spread = float(net.get_submodule(each["name"]).weight.detach().std())
            assert abs(each["weight"].std() - spread) < 5 * spread / (2 * each["weight"].size) ** 0.5
            assert abs(each["weight"].mean()) < 5 * spread / each["weight"].size ** 0.5
            assert not each["bias"].any()
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(each["weight"].copy()).view(layer.weight.shape))
        deconv = DeconvNet(other)
        wanted = deconv.project(deconv.forward(PIXELS[None], upto="conv2"), "conv2", unit=(1, 2, 1), seed=1)[0]
        same(found["projection"], wanted)


def test_random_weights_are_gaussian_and_differ_by_layer_and_seed(engine):
    found = engine(
        """
        const steps = ["conv1", "conv2"].map((name) => ({ name, kind: "conv", bias: new Float32Array(1),
          weight: Float32Array.from({ length: 20000 }, (_, i) => 3 + 2 * (i % 2 ? 1 : -1)) }));
        const draw = (layers, seed) => randomised({ steps }, layers, seed).steps.map(({ weight }) => packed(weight));
        return [draw(["conv1", "conv2"], 0), draw(["conv2"], 0), draw(["conv2"], 1)];
        """
    )
    (first, second), (_, alone), (_, reseeded) = found
    assert (second == alone).all() and (second != reseeded).any() and (first != second).any()
    ordered, at = np.sort(second / 2), (np.arange(20000) + 0.5) / 20000
    normal = torch.special.ndtri(torch.from_numpy(at)).numpy()
    assert np.abs(ordered - normal)[200:-200].max() < 0.1


def test_the_cascade_of_layers(engine, small):
    net, _, steps, weights = small()
    for step in ("conv1", "pool2", "fc8"):
        found = engine("return cascade(tiny(given[0], given[1]), given[2])", steps, weights, step)
        assert found == [list(layers) for layers in controls.cascade(net, step)]


def test_another_pictures_switches(engine, small):
    _, deconv, steps, weights = small(3)
    other = PIXELS.flip(2).contiguous()
    found = engine(
        """
        const network = tiny(given[0], given[1]);
        const [one, two] = given.slice(2).map((pixels) => forward(network, unpacked(pixels), "fc8"));
        return kept(project(network, withSwitchesOf(one, two), "conv2", [1, 2, 1]));
        """,
        steps, weights, PIXELS.numpy(), other.numpy(),
    )  # fmt: skip
    one, two = (deconv.forward(pixels[None]) for pixels in (PIXELS, other))
    same(found, deconv.project(replace(one, switches=two.switches), "conv2", unit=(1, 2, 1))[0])
