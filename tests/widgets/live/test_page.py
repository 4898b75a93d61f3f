"""What a panel calls: networks that load layer by layer, and newer requests that take the place of older ones."""

import shutil

import numpy as np
import opening
import pytest
import torch

import zflib
from zflib.data.photographs import photograph
from zflib.data.pictures import centre_square
from zflib.deconvnet import DeconvNet

pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def cat():
    """(net, its deconvnet, a trace of the cat)"""
    net = zflib.load("zfnet-mini").cpu()
    deconv = DeconvNet(net)
    return net, deconv, deconv.forward(net.preprocess(photograph("chelsea").picture)[None])


@pytest.fixture
def pixels(cat):
    return cat[2].images[0].numpy()


def test_the_networks_run_from_a_server_and_from_the_disk(browser, run, origin, cat, pixels):
    net, deconv, trace = cat
    browser.get(f"{origin}/index.html")
    found = run(
        """
        const live = ZFLIB.open("zfnet-mini"), layers = [];
        await live.forward(unpacked(given[0]), { onLayer: (layer) => layers.push(layer) });
        const [best] = await live.strongest("conv5", 1);
        const projection = await live.project({ step: "conv5", unit: best.unit });
        const maps = await live.carryDown({ step: "pool2" });
        return { layers, best, projection: { ...projection, values: packed(projection.values) },
                 maps: { ...maps, values: packed(maps.values) }, classes: await live.classes() };
        """,
        pixels,
    )
    assert found["layers"] == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    channel = found["best"]["unit"][0]
    assert channel == int(trace["conv5"][0].amax((1, 2)).argmax())
    for window, wanted in (
        (found["projection"], deconv.project(trace, "conv5", channel=channel)[0].numpy()),
        (found["maps"], deconv.carry_down(trace, "pool2", trace["pool2"])[0].numpy()),
    ):
        shown = np.zeros((3, 128, 128), np.float32)
        rows, columns = (slice(window[a], window[a] + window[b]) for a, b in (("top", "height"), ("left", "width")))
        shown[:, rows, columns] = window["values"].reshape(3, window["height"], window["width"])
        assert np.abs(shown - wanted).max() < 1e-4 * np.abs(wanted).max()
    probabilities = torch.softmax(trace["fc8"][0], 0)
    assert [each["name"] for each in found["classes"]] == [net.class_names[i] for i in probabilities.argsort().flip(0)]
    assert found["classes"][0]["probability"] == pytest.approx(float(probabilities.max()), abs=1e-5)


UPTO_CONV5 = {"worker.js", "conv1-0.js", "conv2-0.js", "conv3-0.js", "conv4-0.js", "conv4-1.js", "conv5-0.js"}


def test_nothing_is_asked_for_but_what_a_step_needs_and_only_here(browser, run, origin, pixels):
    """Every other host is out of reach in this browser; this is about asking."""
    opening.open_page(browser, f"{origin}/index.html")
    run('window.live = ZFLIB.open("zfnet-mini")')
    assert names(opening.requests(browser)) == {"index.html", "live.js"}
    run("await live.forward(unpacked(given[0]))", pixels)
    asked = opening.requests(browser)
    assert names(asked) == UPTO_CONV5
    run("await live.classes(); await live.project({ step: 'fc7', unit: [3], method: 'guided' }); await live.close()")
    asked += opening.requests(browser)
    assert names(asked) - UPTO_CONV5 == {
        *(f"{layer}-{part}.js" for layer, parts in (("fc6", 5), ("fc7", 4)) for part in range(parts)),
        "fc8-0.js",
    }
    assert all(url.startswith((origin, "blob:")) for url in asked)
    assert not opening.errors(browser)


def names(urls):
    return {
        url.rsplit("/", 1)[-1].removeprefix("zfnet-mini-") for url in urls if not url.startswith(("blob:", "data:"))
    }


def test_how_much_is_loaded_is_said_beforehand_and_as_it_comes(browser, run, http, folder, pixels):
    browser.get(f"{http}/index.html")
    before, reports, after, rest = run(
        """
        const reports = [], live = ZFLIB.open("alexnet-mini", { onProgress: (report) => reports.push(report) });
        const before = live.bytesLeft("conv5");
        await live.forward(unpacked(given[0]));
        return [before, reports, live.bytesLeft("conv5"), live.bytesLeft("fc8")];
        """,
        pixels,
    )
    sizes = {path.name: path.stat().st_size for path in (folder / "live").glob("alexnet-mini-*.js")}
    assert before == sum(size for name, size in sizes.items() if "conv" in name) and after == 0
    assert rest == sum(sizes.values()) - before
    assert [report["loaded"] for report in reports] == sorted({report["loaded"] for report in reports})
    assert reports[-1] == {"layer": "conv5", "loaded": before, "total": before} and len(reports) == 6


def test_two_panels_load_the_weights_once(browser, run, http, pixels):
    opening.open_page(browser, f"{http}/index.html")
    found = run(
        """
        const panels = [ZFLIB.open("zfnet-mini"), ZFLIB.open("zfnet-mini")], pixels = unpacked(given[0]);
        await Promise.all(panels.map((live, at) => live.forward(pixels.map((value) => value * (1 - at)))));
        await panels[1].close();
        return Promise.all(panels.map((live) => live.strongest("conv5", 1).catch((error) => error.message)));
        """,
        pixels,
    )
    assert found[0][0]["value"] > 0  # one panel's picture is not the other's
    assert found[1] == "There is no picture yet; call forward first."
    files = [url for url in opening.requests(browser) if "/live/" in url]
    assert len(files) == len(set(files)) == 1 + len(UPTO_CONV5)


def test_a_newer_picture_takes_the_place_of_an_older_one(browser, run, http, cat, pixels):
    browser.get(f"{http}/index.html")
    answers, values = run(
        """
        const live = ZFLIB.open("zfnet-mini"), other = ZFLIB.open("zfnet-mini"), pixels = unpacked(given[0]);
        const dark = pixels.map(() => -100);
        const asked = [
          live.forward(dark), live.project({ step: "conv2", unit: [0, 0, 0] }), other.forward(dark),
          live.forward(dark, { picture: "second" }), live.forward(pixels),
        ];
        const answers = await Promise.all(asked);
        return [answers, packed((await live.activations("conv5")).values)];
        """,
        pixels,
    )
    assert answers == [None, None, True, True, True]  # another panel's and another name's stay
    wanted = cat[2]["conv5"][0].numpy().ravel()
    assert np.abs(values - wanted).max() < 1e-4 * wanted.max()


def test_what_was_asked_for_before_a_panel_closes_gives_null(browser, run, http, pixels):
    browser.get(f"{http}/index.html")
    answers = run(
        """
        const live = ZFLIB.open("zfnet-mini"), pixels = unpacked(given[0]);
        const asked = [live.forward(pixels), live.strongest("conv5", 1), live.close()];
        return [...await Promise.all(asked), await live.forward(pixels, { upto: "conv1" })];
        """,
        pixels,
    )
    assert answers == [None, None, True, True]


def test_a_newer_projection_takes_the_place_of_an_older_one(browser, run, http, pixels):
    browser.get(f"{http}/index.html")
    answers = run(
        """
        const live = ZFLIB.open("zfnet-mini"), pixels = unpacked(given[0]);
        await live.forward(pixels);
        const ask = (map, slot) => live.project({ step: "conv5", unit: [map, 3, 3], slot });
        const asked = [0, 1, 2, 3].map((map) => ask(map)).concat([4, 5].map((map) => ask(map, `beside ${map}`)));
        const first = await Promise.all(asked);
        const overtaken = ask(6);
        await live.forward(pixels, { upto: "conv1" });
        const last = await ask(7), underWay = ask(8);
        for (let turn = 0; turn < 50; turn++) await null; // the worker has it, and no answer can have come in between
        const all = await Promise.all([...first, overtaken, last, underWay, ask(9)]);
        const maps = await Promise.all([0, 1].map((map) => live.carryDown({ step: "pool1", map })).concat([
          live.unpool({ step: "pool1" }), ask(10)]));
        return [...all.map((each) => each?.unit[0]), ...maps.map((each) => each?.maps)];
        """,
        pixels,
    )
    assert answers[:10] == [None, None, None, 3, 4, 5, None, 7, None, 9]
    assert answers[10:] == [None, 3, 48, 3]  # what differs in kind does not stand in each other's way


def test_a_picture_goes_up_only_as_far_as_it_is_asked_for(browser, run, http, pixels):
    opening.open_page(browser, f"{http}/index.html")
    run('window.live = ZFLIB.open("zfnet-mini"); await live.forward(unpacked(given[0]), { upto: "pool1" })', pixels)
    assert names(opening.requests(browser)) >= {"conv1-0.js"}
    found = run("return (await live.activations('norm1')).maps")
    assert found == 48 and not names(opening.requests(browser))
    assert len(run("return (await live.strongest('conv2', 5))")) == 5
    assert names(opening.requests(browser)) == {"conv2-0.js"}


def test_bytes_of_a_canvas_are_the_same_picture(browser, run, http, cat):
    square = np.asarray(centre_square(photograph("chelsea").picture, 146))[9:-9, 9:-9]
    rgba = np.dstack([square, np.full((128, 128, 1), 255, np.uint8)])
    browser.get(f"{http}/index.html")
    for given in (square, rgba):
        found = run(
            """
            const live = ZFLIB.open("zfnet-mini");
            await live.forward(Uint8ClampedArray.from(unpacked(given[0])), { upto: "conv1" });
            return packed((await live.activations("conv1")).values);
            """,
            given.astype(np.float32),
        )
        wanted = cat[2]["conv1"][0].numpy().ravel()
        assert np.abs(found - wanted).max() < 1e-4 * wanted.max()


@pytest.fixture
def damaged(folder, tmp_path):
    """A copy of the page and of what zfnet-mini needs, whose files may be spoiled."""
    (tmp_path / "live").mkdir()
    for path in (folder / "index.html", *(folder / "live").glob("zfnet-mini-conv*"), *(folder / "live").glob("[lw]*")):
        shutil.copy(path, tmp_path / path.relative_to(folder))
    return tmp_path


TRY = """
    window.live ??= ZFLIB.open("zfnet-mini");
    return live.forward(unpacked(given[0])).catch((error) => error.message);
"""


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("zfnet-mini-conv3-0.js", "The file zfnet-mini-conv3-0.js with weights of conv3 can't be loaded."),
        ("worker.js", "The file worker.js with the networks' program can't be loaded."),
    ],
)
def test_a_file_that_does_not_come_is_named_and_asked_for_again(browser, run, damaged, pixels, file, sentence):
    path = damaged / "live" / file
    whole = path.read_bytes()
    browser.get((damaged / "index.html").as_uri())
    for spoil in (path.unlink, lambda: path.write_bytes(whole[:-100])):
        spoil()
        assert run(TRY, pixels) == f"{sentence} Look at the connection and try again."
    path.write_bytes(whole)
    assert run(TRY, pixels) is True
    browser.get_log("browser")


def test_altered_weights_are_refused(browser, run, damaged, pixels):
    path = damaged / "live" / "zfnet-mini-conv2-0.js"
    text = path.read_text()
    path.write_text(text[:5000] + ("A" if text[5000] != "A" else "B") + text[5001:])
    browser.get((damaged / "index.html").as_uri())
    refused = (
        "zfnet-mini-conv2-0.js is not the file of conv2 of zfnet-mini that the page expects. Build the pages anew."
    )
    assert run(TRY, pixels) == refused
    path.write_text(text)
    assert run(TRY, pixels) is True


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("ZFLIB.open('zfnet')", "There is no network zfnet; there are alexnet-mini, zfnet-mini, zfnet-mini-wide."),
        ("await live.forward(pixels, { upto: 'conv9' })", "There is no step conv9; there are conv1, relu1, pool1"),
        ("await live.forward(new Uint8Array(7))", "The picture must have 128 x 128 pixels, not 7 numbers in all."),
        ("await live.strongest('conv1')", "There is no picture yet; call forward first."),
        (
            "await live.project({ step: 'conv1', unit: [99, 0, 0] })",
            "conv1 has no unit 99,0,0; it has 48 maps of 62 x 62.",
        ),
        ("await live.project({ step: 'conv1', unit: [1, 0, 0], control: 'luck' })", "There is no control luck."),
        ("await live.unpool({ step: 'conv1' })", "conv1 pools nothing; pool1, pool2, pool5 do."),
        ("await live.carryDown({ step: 'conv1', map: 48 })", "There is no map 48; there are 48."),
        (
            "await live.project({ step: 'conv1', unit: [1, 0, 0], switchesOf: 'x', "
            'control: "another picture\'s switches" })',
            "There is no picture named x yet; call forward first.",
        ),
    ],
)
def test_what_does_not_fit_gets_one_sentence(browser, run, http, pixels, body, sentence):
    if browser.current_url != f"{http}/index.html":
        browser.get(f"{http}/index.html")
    risen = "" if "forward" in body or "strongest" in body else "await live.forward(pixels, { upto: 'conv1' });"
    with pytest.raises(RuntimeError) as error:
        run(f"const live = ZFLIB.open('zfnet-mini'), pixels = unpacked(given[0]); {risen} {body}", pixels)
    assert str(error.value).startswith(sentence)
