"""Draw the small pictures of the start page's list of chapters: `python tools/cards.py`.

One a chapter, of what the chapter finds, from the networks and the results that come with zflib.
"""

from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageOps

import zflib
from zflib import plots
from zflib.analysis import spectrum
from zflib.data import copies
from zflib.deconvnet import unpool
from zflib.experiments import ablation, evolution, evolution_pictures
from zflib.experiments.transfer import summary
from zflib.plots.unit_view import drawn
from zflib.widgets.live import hero

CARDS = Path(__file__).parents[1] / "book" / "images" / "cards"
WIDTH, HEIGHT, GAP = 360, 200, 4
INK, BLUE, ORANGE, GREY = "#12233f", "#6db3f2", "#ff9d5c", "#aeb9c8"  # a ground that suits the page by day and by night
WORDS = {"color": "white", "fontsize": 11}


def main() -> None:
    CARDS.mkdir(parents=True, exist_ok=True)
    for number, draw in CHAPTERS.items():
        file = CARDS / f"{number}.webp"
        Image.fromarray(draw()).save(file, quality=80, method=6)
        print(f"Wrote {file} ({file.stat().st_size / 1000:.0f} kB).")


def filters() -> np.ndarray:
    """Layer 1 of AlexNet-mini, kernel 11, and of ZFNet-mini, kernel 7."""
    return beside(
        plots.tile(plots.filters(zflib.load(name).conv1.weight.detach().cpu()), columns=8)
        for name in ("alexnet-mini", "zfnet-mini")
    )


def unpooled() -> np.ndarray:
    """A map of layer 1, and what unpooling brings back of it."""
    net = zflib.load("zfnet-mini").cpu()
    trace = zflib.DeconvNet(net).forward(net.preprocess(copies.picture("chelsea"))[None], upto="pool1")
    channel = int(trace["conv1"][0].mean(dim=(1, 2)).argmax())
    back = unpool(trace["pool1"], trace.switches["pool1"], trace["conv1"].shape[-2:], "last")
    white = float(trace["conv1"][0, channel].max())
    return beside(plots.grey(each[0, channel], white) for each in (trace["conv1"], back))


def projection() -> np.ndarray:
    """The start page's bet: the unit that fires, and the one that doesn't."""
    _, pictures = hero.first_bet()
    return beside(pictures[side] for side in ("right", "left"))


def layers() -> np.ndarray:
    """A photograph, and what the strongest unit of layers 1 to 5 passes back."""
    net = zflib.load("zfnet-mini").cpu()
    deconv = zflib.DeconvNet(net)
    x = net.preprocess(copies.picture("motorcycle"))
    trace = deconv.forward(x[None])
    pictures = [(x + net.mean).permute(1, 2, 0).round().byte().numpy()]
    for step in net.architecture.geometry():
        if step.name in ("conv1", "conv2", "conv3", "conv4", "conv5"):
            maps = trace[step.name][0]
            unit = tuple(int(at) for at in np.unravel_index(int(maps.argmax()), maps.shape))
            pictures.append(drawn(deconv.project(trace, step.name, unit=unit)[0].numpy(), step, unit))
    return resized(plots.tile([resized(each, 118, 98) for each in pictures], columns=3, gap=3), WIDTH, HEIGHT)


def spectra() -> np.ndarray:
    """The power of layer 1's filters by frequency, zero in the middle: AlexNet-mini's and ZFNet-mini's."""
    pictures = []
    for name in ("alexnet-mini", "zfnet-mini"):
        power = np.sqrt(spectrum.power(zflib.load(name).conv1.weight.detach().cpu()).mean(axis=0))
        pictures.append(plt.get_cmap("magma", 256)(power / power.max(), bytes=True)[..., :3])
    return beside(pictures)


def folded() -> np.ndarray:
    """A wave whose frequency rises to both sides, and what every fourth of its pixels shows."""
    rows, columns = np.mgrid[:HEIGHT, : (WIDTH - GAP) // 2]
    squared = (rows - HEIGHT / 2) ** 2 + (columns - columns.shape[1] / 2) ** 2
    wave = 127.5 + 127.5 * np.cos(np.pi * squared / HEIGHT)  # its frequency reaches 1/2 at the edge
    sampled = wave[::4, ::4].repeat(4, axis=0).repeat(4, axis=1)[:, : wave.shape[1]]
    return beside(each.astype(np.uint8)[..., None].repeat(3, axis=-1) for each in (wave, sampled))


def rates() -> np.ndarray:
    """What AlexNet's error gains or loses without layers 3 and 4, 7, or 6 and 7, at three learning rates."""
    runs = ablation.result()
    fig, axes = chart()
    axes.set_ylim(-11.5, 7)
    axes.text(5, 6.9, "AlexNet's error without some layers", ha="center", va="top", **WORDS)
    for at, rate in enumerate((0.003, 0.01, 0.02)):
        axes.text(4 * at + 1, -11.4, f"rate {rate:g}", ha="center", **WORDS)
        whole = runs.row("alexnet", "as_is", rate=rate).wrong.mean()
        for of, without in enumerate(("layers_3_4", "layer_7", "layers_6_7")):
            change = runs.row("alexnet", f"removed_{without}", rate=rate).wrong.mean() - whole
            axes.bar(4 * at + of, change, color=ORANGE if change > 0 else BLUE, width=0.8)
    axes.axhline(0, color="white", linewidth=1)
    return pixels(fig)


def grown() -> np.ndarray:
    """What four maps of layer 5 pass back, from before training to its end."""
    packed = evolution_pictures.packed()[f"{evolution.RUNS[0]}/conv5"]
    sheet, side = np.asarray(Image.open(BytesIO(packed.tobytes())).convert("RGB")), evolution_pictures.SIDE
    rows = [sheet[row * side : (row + 1) * side] for row in range(1, 2 * evolution_pictures.MAPS, 2)]
    tiles = [row[:, at : at + side] for row in rows for at in range(0, sheet.shape[1], side)]
    across = sheet.shape[1] // side
    small = [resized(each, (WIDTH + GAP) // across - GAP, HEIGHT // len(rows) - GAP) for each in tiles]
    return resized(plots.tile(small, columns=across, gap=GAP), WIDTH, HEIGHT)


def transferred() -> np.ndarray:
    """What each layer is worth for 101 other classes: after a thousand classes (SqueezeNet), after ten, untrained."""
    found = summary.result()
    fig, axes = chart()
    axes.set_ylim(10, 98)
    axes.text(4, 10.5, "layer 1 to 7", ha="center", **WORDS)
    for name, colour, taught, where in (
        ("squeezenet", ORANGE, "taught a thousand classes", (1, 91)),
        ("zfnet-mini", BLUE, "taught ten", (7, 47)),
        ("random:zfnet-mini", GREY, "untrained", (1, 23)),
    ):
        layers = found.layers(name)
        means = [found.accuracy(name, layer, max(found.counts(name))).mean() for layer in layers]
        axes.plot([int(layer) for layer in layers], means, "o-", color=colour, linewidth=2.5)
        axes.text(*where, taught, ha="left" if where[0] == 1 else "right", **WORDS | {"color": colour})
    return pixels(fig)


def beside(pictures) -> np.ndarray:
    """Two pictures (h, w, 3), each filling half of a card."""
    halves = [resized(each, (WIDTH - GAP) // 2, HEIGHT) for each in pictures]
    return plots.tile(halves, columns=2, gap=GAP)


def resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """A picture's middle at the shape asked for, enlarged to whole squares where it is small."""
    scale = max(width / picture.shape[1], height / picture.shape[0])
    how = Image.Resampling.NEAREST if scale > 2.5 else Image.Resampling.LANCZOS
    return np.asarray(ImageOps.fit(Image.fromarray(picture), (width, height), how))


def chart():
    fig, axes = plt.subplots(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=INK)
    axes.set_position((0.08, 0.12, 0.84, 0.76))
    axes.axis("off")
    return fig, axes


def pixels(fig) -> np.ndarray:
    fig.canvas.draw()
    drawn = np.asarray(fig.canvas.buffer_rgba())[..., :3]
    plt.close(fig)
    return drawn


CHAPTERS = {
    1: filters,
    2: unpooled,
    3: projection,
    4: layers,
    5: spectra,
    6: folded,
    7: rates,
    8: grown,
    12: transferred,
}

if __name__ == "__main__":
    main()
