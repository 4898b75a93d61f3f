"""The engine's own functions on a small network: every unit, ties, windows without a maximum, silence."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from zflib.architecture import Pool
from zflib.deconvnet import METHODS, unpool

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
pytestmark = pytest.mark.browser

EVERY_UNIT = """
    const [steps, weights, pixels, methods, seed] = given, network = tiny(steps, weights);
    const trace = forward(network, unpacked(pixels), steps.at(-1).name), units = {};
    for (const { name, kind } of steps) {
      if (kind === "relu" || kind === "dropout") continue;
      const { maps, height, width } = trace.activations[name];
      units[name] = methods.map((method) => {
        const all = new Float32Array(maps * height * width * pixelsOf(trace));
        for (let unit = 0; unit < maps * height * width; unit++) {
          const at = [Math.floor(unit / height / width), Math.floor(unit / width) % height, unit % width];
          paste(project(network, trace, name, at, { method, seed }), trace, all, unit * pixelsOf(trace));
        }
        return packed(all);
      });
    }
    return { units, switches: Object.fromEntries(Object.entries(trace.switches).map(([k, v]) => [k, packed(v)])),
             activations: Object.fromEntries(steps.map(({ name }) => [name, packed(trace.activations[name].values)])) };

    function pixelsOf({ pixels }) { return pixels.values.length; }
    function paste({ values, top, left, height, width }, { pixels }, all, start) {
      let from = 0;
      for (let c = 0; c < 3; c++) {
        for (let i = top; i < top + height; i++) {
          const row = start + (c * pixels.height + i) * pixels.width;
          for (let j = left; j < left + width; j++) all[row + j] = values[from++];
        }
      }
    }
"""


def every_unit(engine, deconv, steps, weights, pixels, methods=METHODS, seed=None):
    """Compare all that a network computes, and each unit's projection, with zflib; returns zflib's trace."""
    trace = deconv.forward(pixels[None])
    found = engine(EVERY_UNIT, steps, weights, pixels.numpy(), list(methods), seed)
    for name, values in found["activations"].items():
        close(values, trace[name][0].numpy().ravel())
    assert found["switches"].keys() == trace.switches.keys()
    for name, switches in found["switches"].items():
        assert (switches == trace.switches[name][0].numpy().ravel()).all(), name
    for name, by_method in found["units"].items():
        shape = trace[name].shape
        units = torch.cartesian_prod(*map(torch.arange, shape)).view(-1, len(shape))
        for method, values in zip(methods, by_method, strict=True):
            patches = deconv.project_units(trace, name, units, method=method, seed=seed)
            close(values, torch.stack([patches.paste(at) for at in range(len(units))]).numpy().ravel())
    return trace


def close(found, wanted):
    assert found.shape == wanted.shape and np.isfinite(found).all()
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("pool", [Pool(ceil=True), Pool(), Pool(2, 2, True), Pool(2, 3, True)], ids=str)
def test_every_unit_of_a_small_network(engine, small, pool):
    _, deconv, steps, weights = small(1, pool)
    every_unit(engine, deconv, steps, weights, 20 * torch.randn(3, 18, 18, generator=torch.Generator().manual_seed(2)))


def test_of_equal_maxima_the_first_counts(engine, small):
    """Whole numbers: many windows hold their maximum more than once, in either language."""
    _, deconv, steps, weights = small(3, whole=True)
    pixels = torch.randint(-1, 2, (3, 18, 18), generator=torch.Generator().manual_seed(4)).float()
    trace = every_unit(engine, deconv, steps, weights, pixels)
    tied = (F.unfold(trace["conv1"][0][:, None], 3, stride=2) == trace["pool1"][0, :, None, :3, :3].flatten(2)).sum(1)
    assert (tied > 1).float().mean() > 0.1


def test_a_picture_of_one_colour(engine, small):
    _, deconv, steps, weights = small(5)
    every_unit(engine, deconv, steps, weights, torch.full((3, 18, 18), 7.0))


def test_windows_without_a_maximum_and_silent_units(engine, small):
    """Where nothing fires a switch points at the window's first position, and a deconvnet carries signal through it."""
    net, deconv, steps, weights = small(6)
    for value in (-1e4, 0):
        with torch.no_grad():
            net.conv2.bias[:3] = value
            net.conv2.weight[:3] = 0
        pixels = torch.randn(3, 18, 18, generator=torch.Generator().manual_seed(7))
        trace = every_unit(engine, deconv, steps, weights, pixels, seed=1)
        assert not trace["pool2"][0, :3].any()
        silent = deconv.project(trace, "conv2", unit=(0, 0, 0))
        assert not silent.any()
        every_unit(engine, deconv, steps, weights, pixels, ["deconvnet"])  # own values: some are zero


def test_no_picture_at_all(engine, small):
    net, deconv, steps, weights = small(8)
    with torch.no_grad():
        for name in ("conv1", "conv2", "fc6", "fc8"):
            net.get_submodule(name).bias.zero_()
    every_unit(engine, deconv, steps, weights, torch.zeros(3, 18, 18), seed=-2)


@pytest.mark.parametrize("pool", [Pool(ceil=True), Pool(2, 3, True)], ids=str)
def test_whole_maps_carried_down(engine, small, pool):
    """From every step and by every method, all maps and one of them; values of either sign."""
    _, deconv, steps, weights = small(11, pool)
    pixels, other = 20 * torch.randn(2, 3, 18, 18, generator=torch.Generator().manual_seed(12))
    trace, second = (deconv.forward(each[None]) for each in (pixels, other))
    found = engine(
        """
        const [steps, weights, pixels, other, methods] = given, network = tiny(steps, weights), found = {};
        const [trace, second] = [pixels, other].map((each) => forward(network, unpacked(each), "fc8"));
        for (const { name } of steps) {
          const x = second.activations[name], values = x.values.map((value, at) => (at % 3 ? value : -value));
          found[name] = methods.map((method) => [null, 1].map((map) =>
            kept(carryDown(network, trace, name, wholeMaps({ ...x, values }, map), method))));
        }
        return found;
        """,
        steps, weights, pixels.numpy(), other.numpy(), list(METHODS),
    )  # fmt: skip
    for name, by_method in found.items():
        values = second[name].flatten().clone()
        values[::3] *= -1
        values = values.view(second[name].shape)
        one = torch.zeros_like(values)
        one[:, 1] = values[:, 1]
        for method, (all_maps, one_map) in zip(METHODS, by_method, strict=True):
            for window, given in ((all_maps, values), (one_map, one)):
                wanted = deconv.carry_down(trace, name, given, method=method)[0].numpy()
                close(pasted(window, 18).ravel(), wanted.ravel())


def pasted(window, side):
    picture = np.zeros((3, side, side), np.float32)
    rows, columns = (slice(window[a], window[a] + window[b]) for a, b in (("top", "height"), ("left", "width")))
    picture[:, rows, columns] = window["values"].reshape(3, window["height"], window["width"])
    return picture


@pytest.mark.parametrize("overlap", ["sum", "last"])
@pytest.mark.parametrize("pool", [Pool(ceil=True), Pool(2, 3, True)], ids=str)
def test_pooled_values_put_back(engine, small, pool, overlap):
    _, deconv, steps, weights = small(13, pool, whole=True)
    pixels = torch.randint(-1, 2, (3, 18, 18), generator=torch.Generator().manual_seed(14)).float()
    trace = deconv.forward(pixels[None])
    found = engine(
        """
        const [steps, weights, pixels, overlap] = given, network = tiny(steps, weights);
        const trace = forward(network, unpacked(pixels), "pool2");
        return ["1", "2"].map((layer) => {
          const [above, below] = ["pool", "relu"].map((kind) => trace.activations[kind + layer]);
          const step = steps.find(({ name }) => name === "pool" + layer);
          return kept(unpool(wholeMaps(above), trace.switches["pool" + layer], step, above, below, overlap));
        });
        """,
        steps, weights, pixels.numpy(), overlap,
    )  # fmt: skip
    for name, window in zip(("pool1", "pool2"), found, strict=True):
        size = trace.before(name).shape[2:]
        wanted = unpool(trace[name], trace.switches[name], size, overlap)[0]
        shown = np.zeros(wanted.shape, np.float32)  # with gaps between windows the last rows may be out of reach
        shown[:, : window["height"], : window["width"]] = window["values"].reshape(
            len(wanted), window["height"], window["width"]
        )
        close(shown.ravel(), wanted.numpy().ravel())


def test_a_trace_goes_on_from_an_earlier_one(engine, small):
    _, deconv, steps, weights = small(9)
    pixels = torch.randn(3, 18, 18, generator=torch.Generator().manual_seed(10))
    known, values, late = engine(
        """
        const network = tiny(given[0], given[1]), pixels = unpacked(given[2]);
        const first = forward(network, pixels, "conv1"), second = forward(network, pixels, "fc8", first);
        const kept = ["conv1", "relu1"].every((step) => first.activations[step] === second.activations[step]);
        const other = { ...network, steps: network.steps.map((step) => ({ ...step })) };
        const anew = forward(other, pixels, "fc8", second);
        return [kept, packed(second.activations.fc8.values), anew.activations.relu1 === second.activations.relu1];
        """,
        steps, weights, pixels.numpy(),
    )  # fmt: skip
    assert known and not late
    close(values, deconv.forward(pixels[None])["fc8"][0].numpy())


def test_the_maps_that_fire_most(engine):
    values = np.array([[0, 2, 1, 2], [5, 0, 0, 0], [0, 0, 0, 0], [2, 0, 0, 5]], np.float32)
    found = engine("return strongest({ values: unpacked(given[0]), maps: 4, height: 2, width: 2 }, 3)", values)
    assert [each["unit"] for each in found] == [[1, 0, 0], [3, 1, 1], [0, 0, 1]]
    assert [each["value"] for each in found] == [5, 5, 2]


def test_probabilities(engine):
    assert engine("return softmax([1000, 1001, -1000])") == pytest.approx([0.268941, 0.731059, 0], abs=1e-6)


def test_every_number_that_float16_holds(engine):
    halves = np.arange(65536, dtype="<u2").view("<f2").astype(np.float32)
    finite = np.isfinite(halves)
    numbers = engine("return packed(fromHalf(new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer)))")
    assert (numbers.view("<u4") == halves.view("<u4"))[finite].all()  # the sign of zero too


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("forward(network, pixels, 'conv9')", "There is no step conv9; the steps are conv1, relu1, pool1"),
        ("forward(network, new Float32Array(5), 'conv1')", "Pixels must be (3, side, side), not 5 numbers"),
        ("forward(network, pixels.map(() => NaN), 'conv1')", "The pixels hold NaN or infinity"),
        ("forward(tiny(given[0], {}), pixels, 'conv1')", "The weights of conv1 are not loaded"),
        ("project(network, trace, 'conv1', [6, 0, 0])", "conv1 has no unit 6,0,0; it has 6 maps of 8 x 8"),
        ("project(network, trace, 'conv1', [0, 0, 0.5])", "conv1 has no unit 0,0,0.5"),
        ("project(network, trace, 'conv2', [0, 0, 0])", "The trace ends below conv2"),
        (
            "project(network, trace, 'conv1', [0, 0, 0], { method: 'up' })",
            "method must be deconvnet, gradient or guided",
        ),
        ("project(randomised(network, ['conv1']), trace, 'conv1', [0, 0, 0])", "This trace went through other layers"),
        ("wholeMaps(trace.activations.pool1, 6)", "There is no map 6; there are 6."),
        ("wholeMaps(trace.activations.pool1, 0.5)", "There is no map 0.5; there are 6."),
        (
            "carryDown(network, trace, 'pool1', wholeMaps(trace.activations.pool1), 'up')",
            "method must be deconvnet, gradient or guided",
        ),
        ("carryDown(network, trace, 'pool2', wholeMaps(trace.activations.pool1))", "The trace ends below pool2"),
        ("randomised(network, ['pool1'])", "There is no layer pool1 with weights; choose among conv1, conv2, fc6, fc8"),
        ("otherMap(0, 1)", "There is no other map"),
    ],
)
def test_what_does_not_fit_gets_one_sentence(engine, small, body, sentence):
    _, _, steps, weights = small()
    prepare = "const network = tiny(given[0], given[1]), pixels = new Float32Array(3 * 18 * 18).fill(1);"
    with pytest.raises(RuntimeError) as error:
        engine(f"{prepare} const trace = forward(network, pixels, 'pool1'); {body}", steps, weights)
    assert str(error.value).startswith(sentence)
