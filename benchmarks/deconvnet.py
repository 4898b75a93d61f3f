"""How fast the deconvnet is, as ratios within one run: `make bench`.

On torchvision's AlexNet with random weights and nine 224 px images: against Captum's NeuronDeconvolution, against
one graph with many seeds (a batched vector-Jacobian product), and against a plain forward pass. Captum and the
batched product are timed on a stated sample of maps, evenly spaced, and scaled to all of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
import torchvision
from captum.attr import NeuronDeconvolution

from benchmarks.timing import matmul_rate, seconds
from zflib.deconvnet import DeconvNet

STEPS = ("features.0", "features.3", "features.6", "features.8", "features.10")  # conv1 to conv5
SAMPLE = 4  # maps of each step on which the slower methods are timed


def main() -> None:
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    model = torchvision.models.alexnet().eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    images = torch.randn(9, 3, 224, 224)
    modules = dict(model.named_modules())
    deconv = DeconvNet(model)
    trace = deconv.forward(images)
    maps = {step: trace[step].shape[1] for step in STEPS}

    def units(step: str, channels: range) -> torch.Tensor:
        """The strongest unit of each of these maps in each image, as Captum's neuron is the strongest in the first."""
        rows = []
        for channel in channels:
            best = trace[step][:, channel].flatten(1).argmax(1)
            width = trace[step].shape[3]
            rows += [(picture, channel, int(at) // width, int(at) % width) for picture, at in enumerate(best)]
        return torch.tensor(rows)

    def ours(step: str, channels: range, method: str = "deconvnet") -> Callable[[], object]:
        chosen = units(step, channels)

        def work() -> None:  # 16 maps at a time, as a chapter would: all projections at once would fill gigabytes
            for group in chosen.split(16 * len(images)):
                deconv.project_units(trace, step, group, method=method)

        return work

    def captum(step: str) -> float:
        """Seconds for one map, nine images: one call, the mean over the sample."""
        attribution = NeuronDeconvolution(model, modules[step])
        middle = trace[step].shape[2] // 2
        sample = range(0, maps[step], maps[step] // SAMPLE)
        return sum(seconds(lambda k=k: attribution.attribute(images, (k, middle, middle)), 2) for k in sample) / len(
            sample
        )

    def batched_vjp(step: str) -> float:
        """Seconds for one map: the graph is kept, SAMPLE seeds go down together."""
        x = images.clone().requires_grad_()
        y = x
        for name, module in model.features.named_children():
            y = module(y) if not isinstance(module, torch.nn.ReLU) else torch.relu(y)
            if f"features.{name}" == step:
                break
        seeds = torch.zeros(SAMPLE, *y.shape)
        for k in range(SAMPLE):
            seeds[k, :, k, y.shape[2] // 2, y.shape[3] // 2] = 1
        return seconds(lambda: torch.autograd.grad(y, x, seeds, retain_graph=True, is_grads_batched=True), 2) / SAMPLE

    with torch.inference_mode():
        plain = seconds(lambda: model(images))
    forward = seconds(lambda: deconv.forward(images, upto="features.10"))
    whole_forward = seconds(lambda: deconv.forward(images))
    one = seconds(lambda: deconv.project(trace, "features.10", channel=7, seed=1))
    whole = seconds(lambda: deconv.project(trace, "features.10", channel=7, seed=1, local=False))
    theirs = {step: captum(step) for step in STEPS}
    mine = {step: seconds(ours(step, range(maps[step])), 1) for step in STEPS}
    gradient = seconds(ours("features.10", range(32), "gradient"), 2) / 32
    vjp = batched_vjp("features.10")

    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, matmul at {matmul_rate() / 1e9:.0f} GMAC/s")
    print(f"torchvision's AlexNet, random weights, nine 224 px images; Captum on {SAMPLE} maps a step, scaled\n")
    of_captum, faster, of_plain = "of Captum's time", "times faster", "of a plain forward pass"
    report("one map of conv5: Captum", (captums := theirs["features.10"]))
    report("  ours, its forward pass up to conv5 included", forward + one, (forward + one) / captums, of_captum)
    report("  ours, the forward pass already made", one, one / captums, of_captum)
    for label, steps in (("256 maps of conv5", STEPS[-1:]), (f"{sum(maps.values())} maps of conv1 to conv5", STEPS)):
        captums = sum(theirs[step] * maps[step] for step in steps)
        own = forward + sum(mine[step] for step in steps)
        report(f"all {label}: Captum", captums)
        report("  ours, with its forward pass", own, captums / own, faster)
    report(f"gradients of conv5, per map: batched vjp, {SAMPLE} seeds", vjp)
    report("  ours", gradient, vjp / gradient, faster)
    report("plain forward pass", plain)
    report("  forward pass that keeps a trace", whole_forward, whole_forward / plain, of_plain)
    report("  one map of conv5 down, whole maps", whole, whole / plain, of_plain)
    report("  one map of conv5 down, receptive fields only", one, one / plain, of_plain)


def report(what: str, took: float, ratio: float | None = None, remark: str = "") -> None:
    print(f"{what:<52}{took:9.3f} s" + (f"{ratio:8.2f} {remark}" if ratio is not None else ""))


if __name__ == "__main__":
    main()
