"""How fast the deconvnet is, as ratios within one run.

On torchvision's AlexNet with random weights and nine 224 px images: against Captum's NeuronDeconvolution, against
one graph with many seeds (a batched vector-Jacobian product), and against a plain forward pass. Captum and the
batched product are timed on a stated sample of maps, evenly spaced, and scaled to all of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import torch
import torchvision
from captum.attr import NeuronDeconvolution

from benchmarks.figure import Figure, took
from benchmarks.timing import matmul_rate, seconds
from zflib.deconvnet import DeconvNet

PRECISION = torch.float32
STEPS = {f"conv{i}": f"features.{at}" for i, at in enumerate((0, 3, 6, 8, 10), 1)}
SAMPLE = 4  # maps of each step on which the slower methods are timed


def figures() -> Iterator[Figure]:
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    model = torchvision.models.alexnet().eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    images = torch.randn(9, 3, 224, 224)
    modules = dict(model.named_modules())
    deconv = DeconvNet(model)
    trace = deconv.forward(images)
    maps = {step: trace[step].shape[1] for step in STEPS.values()}

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
    yield took("plain forward pass", plain, matmul_rate())
    whole_forward = seconds(lambda: deconv.forward(images))
    yield took("forward pass that keeps a trace", whole_forward, matmul_rate())
    forward = seconds(lambda: deconv.forward(images, upto="features.10"))
    one = seconds(lambda: deconv.project(trace, "features.10", channel=7, seed=1))
    rate = matmul_rate()
    yield took("one map of conv5, its forward pass included", forward + one, rate)
    yield took("one map of conv5, the forward pass already made", one, rate)
    whole = seconds(lambda: deconv.project(trace, "features.10", channel=7, seed=1, local=False))
    yield took("one map of conv5, the same on whole maps", whole, matmul_rate())
    gradient = seconds(ours("features.10", range(32), "gradient"), 2) / 32
    yield took("one map of conv5, gradient", gradient, matmul_rate())
    vjp = batched_vjp("features.10")
    yield took(f"one map of conv5, gradient as a batched vjp of {SAMPLE} seeds", vjp, matmul_rate())

    mine, theirs = {}, {}
    for name, step in STEPS.items():
        mine[name] = seconds(ours(step, range(maps[step])), 1)
        yield took(f"all {maps[step]} maps of {name}", mine[name], matmul_rate())
        theirs[name] = captum(step)
        yield took(f"one map of {name}, Captum", theirs[name], matmul_rate())
    share = (forward + one) / theirs["conv5"]
    yield Figure("one map of conv5, its forward pass included, against Captum", share, "of its time")
    for label, names in (("256 maps of conv5", ["conv5"]), ("1,152 maps of conv1 to conv5", list(STEPS))):
        captums = sum(theirs[name] * maps[STEPS[name]] for name in names)
        own = forward + sum(mine[name] for name in names)
        yield Figure(f"all {label}, their forward pass included, against Captum", captums / own, "times faster")
