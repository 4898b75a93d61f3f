"""Training throughput of the mini networks, as a share of the machine's matrix product, and what limits it.

A step on a batch of 64 crops, as `zflib.training.loop` takes it. It multiplies three times what a forward pass does:
that pass, the gradients of the weights and those of the maps; the last but for layer 1, whose map is the picture.
"""

from __future__ import annotations

from dataclasses import replace

import torch

import zflib
from benchmarks.deconvnet import report
from benchmarks.timing import matmul_rate, seconds
from zflib.data import synthetic
from zflib.experiments.ablation.plan import MINI_TABLE
from zflib.training import augment
from zflib.training.loop import channel_mean, clip_filters, sgd
from zflib.training.recipe import best_precision

BATCH = MINI_TABLE.batch_size


def main() -> None:
    precision = torch.bfloat16 if best_precision() == "bf16-mixed" else torch.float32
    rate = matmul_rate(precision)
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, {precision}, matmul at {rate / 1e9:.0f} GMAC/s"
    )
    pictures = synthetic(BATCH, 160)
    mean = torch.from_numpy(channel_mean(pictures.pixels)).float().view(3, 1, 1)
    for architecture in (zflib.ALEXNET.mini(), zflib.ZFNET.mini()):
        net = zflib.ConvNet(architecture, mean).initialise(MINI_TABLE.init_std, seed=0)
        net.to(memory_format=torch.channels_last).train()
        optimizer = sgd(net, replace(MINI_TABLE, learning_rate=1e-4))
        drawn = augment.draw(MINI_TABLE, 0, 0, BATCH)

        def crops(size: int = architecture.input_size, drawn=drawn) -> torch.Tensor:
            x = augment.crops(pictures.pixels, drawn, mean, size)
            return x.to(memory_format=torch.channels_last)

        def step(x: torch.Tensor, net=net, optimizer=optimizer) -> None:
            with torch.autocast("cpu", precision, enabled=precision != torch.float32):
                loss = torch.nn.functional.cross_entropy(net(x).float(), torch.from_numpy(pictures.labels))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            clip_filters(net, MINI_TABLE.rms_radius)

        x = crops()
        preparing, learning = seconds(crops, 5), seconds(lambda x=x, step=step: step(x), 5)
        steps = architecture.geometry()
        macs = 3 * sum(s.macs for s in steps) - steps[0].macs
        whole = preparing + learning
        print(f"{architecture.name}: {BATCH / whole:.0f} pictures a second")
        report("  a step, of the machine's matrix product", learning, BATCH * macs / learning / rate)
        report("  cropping, mirroring, scaling a batch", preparing, preparing / whole, "of the whole")


if __name__ == "__main__":
    main()
