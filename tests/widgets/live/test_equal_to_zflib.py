"""The engine against zflib in a real browser: every network, step, method and control, on ten photographs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import zflib
from zflib import weights
from zflib.analysis import controls
from zflib.data.photographs import photographs
from zflib.deconvnet import METHODS, DeconvNet, unpool

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
pytestmark = pytest.mark.browser

CLOSE = 1e-4  # of the largest value
TIE = 1e-5  # two values that float32 need not tell apart
PHOTOGRAPHS = photographs()[:10]

# The whole way through the page: live.js, the worker, the scripts of weights.
FORWARD = """
    const [name, pixels] = given;
    window.live ??= {};
    const here = (live[name] ??= ZFLIB.open(name)), found = {};
    await here.forward(unpacked(pixels), { upto: here.network.steps.at(-1).name });
    const kept = here.network.steps.filter(({ kind }) => kind !== "relu" && kind !== "dropout" && kind !== "flatten");
    for (const { name: step } of kept) {
      const { values, switches, ...shape } = await here.activations(step);
      found[step] = { values: packed(values), ...shape, switches: switches ? packed(switches) : null };
    }
    return found;
"""
PROJECT = """
    const [name, asked] = given, found = [];
    for (const each of asked) {
      const projection = await live[name].project(each);
      found.push({ ...projection, values: packed(projection.values) });
    }
    return found;
"""


@pytest.fixture(scope="module", params=weights.available())
def network(request):
    """(name, net, its deconvnet)"""
    net = zflib.load(request.param).cpu()
    return request.param, net, DeconvNet(net)


@pytest.fixture
def page(browser, http):
    """The page that knows the networks; one for all tests, as a reader would keep it open."""
    if browser.current_url != f"{http}/index.html":
        browser.get(f"{http}/index.html")


def forwards(run, network, photograph):
    """(zflib's trace, the page's answer by step)"""
    name, net, deconv = network
    pixels = net.preprocess(photograph.picture)
    return deconv.forward(pixels[None]), run(FORWARD, name, pixels.numpy())


def as_the_page_has_it(trace, found):
    """The trace with the page's switches and activations, which differ from zflib's by float32's rounding: a projection
    is compared from the same start."""
    activations, switches = dict(trace.activations), dict(trace.switches)
    for step, values in found.items():
        shaped = torch.from_numpy(values["values"].copy()).view(trace[step].shape)
        same = [each for each in trace.activations if trace[each] is trace[step]]  # what relu and dropout pass on
        activations |= dict.fromkeys(same, shaped)
        if values["switches"] is not None:
            switches[step] = torch.from_numpy(values["switches"].astype(np.int64)).view(trace[step].shape)
    if "flatten" in activations:
        activations["flatten"] = activations["pool5"].flatten(1)
    return replace(trace, activations=activations, switches=switches)


def close(found, wanted):
    scale = float(np.abs(wanted).max())
    assert np.abs(found - wanted).max() <= CLOSE * scale, f"{np.abs(found - wanted).max() / scale:.1e} of the largest"


def pasted(window, side=128):
    picture = np.zeros((3, side, side), np.float32)
    shape = 3, window["height"], window["width"]
    rows, columns = (slice(window[a], window[a] + window[b]) for a, b in (("top", "height"), ("left", "width")))
    picture[:, rows, columns] = window["values"].reshape(shape)
    return picture


def units(trace, number):
    """For each step one unit that fires if any does, of another map for each picture; corners among them. What only
    passes on the step below is asked of three pictures, one for each method."""
    random = np.random.default_rng(number)
    for at, step in enumerate(trace.activations):
        if step.startswith(("relu", "dropout")) and number >= len(METHODS):
            continue
        values = trace[step][0].numpy()
        channel = int(random.choice(np.flatnonzero(values.reshape(len(values), -1).any(1))))
        if values.ndim == 1:
            yield at, step, [channel]
        elif number % 5 == 0:  # a corner, silent or not
            yield at, step, [channel, *random.choice([0, values.shape[1] - 1], 2).tolist()]
        else:
            yield at, step, [channel, *(int(i) for i in random.choice(np.argwhere(values[channel])))]


@pytest.mark.parametrize("number", range(len(PHOTOGRAPHS)), ids=lambda at: PHOTOGRAPHS[at].name)
def test_every_step_and_projection_is_zflibs(run, page, network, number):
    name, _, deconv = network
    trace, found = forwards(run, network, PHOTOGRAPHS[number])
    for step, values in found.items():
        wanted = trace[step][0].numpy()
        close(values["values"], wanted.ravel())
        assert [values[side] for side in ("maps", "height", "width")] == [*wanted.shape, 1, 1][:3]
        if step in trace.switches:
            below = trace.before(step)[0].flatten(1).numpy()
            ours, theirs = values["switches"].reshape(len(below), -1), trace.switches[step][0].flatten(1).numpy()
            gap = np.take_along_axis(below, theirs, 1) - np.take_along_axis(below, ours.astype(np.int64), 1)
            assert (np.abs(gap[ours != theirs]) <= TIE * below.max()).all()
            assert (ours != theirs).mean() < 1e-4  # such ties are rare
    there = as_the_page_has_it(trace, found)
    asked = [  # each step meets each method, with its own value and from 1, on some photograph
        {"step": step, "unit": unit, "method": METHODS[(at + number) % 3], **({"seed": 1} if (at + number) % 2 else {})}
        for at, step, unit in units(trace, number)
    ]
    for each, projection in zip(asked, run(PROJECT, name, asked), strict=True):
        options = {"method": each["method"], "seed": each.get("seed")}
        wanted = deconv.project(there, each["step"], unit=each["unit"], **options)[0].numpy()
        close(pasted(projection), wanted)


def test_projections_under_each_control_are_zflibs(run, page, network):
    name, net, deconv = network
    trace, found = forwards(run, network, PHOTOGRAPHS[1])
    there = as_the_page_has_it(trace, found)
    step, unit = "conv4", [17, 3, 2]

    (other,) = run(PROJECT, name, [{"step": step, "unit": unit, "control": "other map", "draw": 3}])
    assert other["unit"][0] != unit[0] and other["unit"][1:] == unit[1:]
    close(pasted(other), deconv.project(there, step, unit=other["unit"], seed=1)[0].numpy())

    pixels = net.preprocess(PHOTOGRAPHS[4].picture)
    second = deconv.forward(pixels[None], upto=step)
    run('await live[given[0]].forward(unpacked(given[1]), { upto: "conv4", picture: "second" })', name, pixels.numpy())
    swap = {"step": step, "unit": unit, "control": "another picture's switches", "switchesOf": "second"}
    (swapped,) = run(PROJECT, name, [swap])
    close(pasted(swapped), deconv.project(replace(there, switches=second.switches), step, unit=unit, seed=1)[0].numpy())

    # Random switches and weights are the page's own draws, which test_controls.py compares; here, that they are drawn.
    shuffle = {"step": step, "unit": unit, "control": "shuffled switches"}
    plain, *drawn = run(PROJECT, name, [{"step": step, "unit": unit, "seed": 1}, shuffle, {**shuffle, "draw": 1}])
    assert len({each["values"].tobytes() for each in (plain, *drawn)}) == 3
    for layers in controls.cascade(net, step)[:2]:
        request = {"step": step, "unit": unit, "control": "random weights", "layers": layers, "draw": 5}
        drawn = run(PROJECT, name, [request, request, {**request, "draw": 6}])
        assert (drawn[0]["values"] == drawn[1]["values"]).all() and (drawn[0]["values"] != drawn[2]["values"]).any()


CARRY = """
    const [name, pixels, asked] = given, here = live[name], found = [], last = here.network.steps.at(-1).name;
    await here.forward(unpacked(pixels), { upto: last, picture: "second" });
    for (const [what, request] of asked) {
      const answer = await here[what](request);
      found.push({ ...answer, values: packed(answer.values) });
    }
    return found;
"""


@pytest.mark.parametrize("number", range(0, len(PHOTOGRAPHS), 3), ids=lambda at: PHOTOGRAPHS[at].name)
def test_whole_maps_carried_down_are_zflibs(run, page, network, number):
    """From every step with its own switches or another picture's, all maps or one; and put back on the map below."""
    name, net, deconv = network
    trace, found = forwards(run, network, PHOTOGRAPHS[number])
    there = as_the_page_has_it(trace, found)
    other = net.preprocess(PHOTOGRAPHS[number - 1].picture)
    second = deconv.forward(other[None])
    swap = {"control": "another picture's switches", "switchesOf": "second"}
    steps = [step for step in found if not step.startswith("fc")]
    ways = [{}, swap, {"map": 11}, {"map": 11, **swap}]
    asked = [("carryDown", {"step": step, **ways[at % 4]}) for at, step in enumerate(steps, number)]
    asked += [("unpool", {"step": step, "overlap": "last", **way}) for step in trace.switches for way in ways]
    for (what, request), answer in zip(asked, run(CARRY, name, other.numpy(), asked), strict=True):
        step, values = request["step"], there[request["step"]].clone()
        if "map" in request:
            values[:, :11], values[:, 12:] = 0, 0
        switches = second.switches if "control" in request else there.switches
        if what == "carryDown":
            wanted = deconv.carry_down(replace(there, switches=switches), step, values)[0].numpy()
            close(pasted(answer), wanted)
        else:
            wanted = unpool(values, switches[step], there.before(step).shape[2:], "last")[0].numpy()
            close(answer["values"], wanted.ravel())


def test_a_float32_trace_in_the_page_is_as_close_as_one_in_float64(run, page):
    """The bound above would hide a mistake of a ten-thousandth; rounding alone is far smaller."""
    net = zflib.load("zfnet-mini").cpu().double()
    pixels = net.preprocess(PHOTOGRAPHS[0].picture)
    exact = DeconvNet(net).forward(pixels[None].double(), upto="conv5")["conv5"][0].numpy()
    found = run(FORWARD, "zfnet-mini", pixels.numpy())["conv5"]["values"].reshape(exact.shape)
    assert np.abs(found - exact).max() < 2e-6 * exact.max()
