"""What becomes of a network's maps and of its answer when the picture moves by a pixel (Section 4.1).

Maps from which nothing is missing move with the picture: those of the moved picture can be computed from those of the
picture at rest by band-limited interpolation ("shiftability", Simoncelli et al. 1992). What can't be predicted so is
what the samples don't tell. `equivariance_error` measures it at any step; `shift_consistency` asks whether the answer
cares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zflib.analysis.aliasing.clear import clear_maps, clear_steps
from zflib.analysis.sources import as_sequence, picture_of
from zflib.arguments import whole
from zflib.data.pictures import centre_square, to_array
from zflib.network import ConvNet, in_eval

SHIFTS = tuple(range(1, 9))  # pixels; 8 is one period of every step up to conv2, in both networks
NEIGHBOURS = 8  # samples that an interpolated value is made of


def between(maps: Tensor, fraction: float) -> Tensor:
    """Band-limited interpolation along the last axis: the values `fraction` of the way from each sample to the next.

    maps      (..., n), n >= 8
    fraction  0 <= fraction < 1

    Returns (..., n - 7): value i lies at position i + 3 + fraction. It is a sum of the eight nearest samples, weighted
    by sinc(x) sinc(x / 4), x the distance (Lanczos), and divided by the weights' sum. Half-way between samples, where
    it is hardest, a wave of 0.3 cycles per sample comes out with 0.02 % of its energy wrong, one of 0.4 with 3 %, one
    of 0.45 with 25 %; at 0.5, Nyquist, nobody could. The layer above sees less: conv2 reads five samples.

    Raises ValueError for fewer samples or another fraction. NaN stays NaN, and makes its neighbours NaN.
    """
    if not maps.ndim or not maps.is_floating_point() or maps.shape[-1] < NEIGHBOURS or not 0 <= fraction < 1:
        raise ValueError(
            f"Interpolation needs floating-point maps of {NEIGHBOURS} samples or more and a fraction in [0, 1), "
            f"not {maps.dtype} {tuple(maps.shape)} and {fraction!r}."
        )
    half = NEIGHBOURS // 2
    distance = torch.arange(1 - half, half + 1, dtype=torch.float64) - fraction
    weights = torch.sinc(distance) * torch.sinc(distance / half)
    out = torch.arange(maps.shape[-1] - NEIGHBOURS + 1)
    matrix = torch.zeros(maps.shape[-1], len(out), dtype=torch.float64)
    matrix[out + torch.arange(NEIGHBOURS)[:, None], out] = (weights / weights.sum())[:, None]
    return maps @ matrix.to(maps)


@torch.inference_mode()
def equivariance_error(
    net: ConvNet,
    pictures: Any,
    step: str | Sequence[str],
    shifts: Sequence[int] = SHIFTS,
    *,
    size: int | None = None,
    batch_size: int = 16,
    progress: str = "",
) -> np.ndarray | dict[str, np.ndarray]:
    """How far the maps of a moved picture are from the moved maps of the picture: 0 is equivariant, 1 unrelated.

    net       a `ConvNet`, or what `lowpass` makes of one
    pictures  a `PictureSet`, a `Gallery`, or any sequence of pictures or (picture, label)
    step      a convolutional step's name; or several names: one pass serves them all, and a dict by name comes back.
              "conv1" is what the convolution computes, "relu1" what the ReLU leaves of it.
    shifts    in pixels of the prepared picture, each to the right and, by itself, down; 0 or more
    size      side to which a picture's centre square is scaled; that of the training pictures when left out

    Real crops: the picture at rest and the moved one are windows of one larger square, and only units whose receptive
    fields lie inside their window count, so that neither borders nor wrap-around enter. Neighbouring units are `jump`
    pixels apart; the maps at rest predict those after a shift by d through `between`, d / jump samples further on.
    With a the maps of the moved picture, b the prediction, both without the mean of their map,

        error = sum (a - b)^2 / (sum a^2 + sum b^2)

    over units, maps, pictures and directions. A wave of frequency f that stride s folds to f - m / s comes out with
    1 - cos(2 pi m d / s): nothing where m = 0, 1 on average over a period, 2 where the prediction has the wrong sign.
    Where a and b have the same energy the error is 1 minus their correlation. It is 0 up to rounding where d is a
    multiple of the jump, for any network: compare over a whole period. Steps of different jump are different tasks; at
    conv2 both networks have 8 pixels. And smooth maps have little to fold: a layer that sums over a wide neighbourhood
    has a smaller error than those it reads, whose loss it can't repair.

    Raises KeyError for a step without maps, ValueError for other shifts, or where too few units see the picture only.
    """
    shifts, steps = _checked(shifts), (step,) if isinstance(step, str) else tuple(step)
    side = net.resized_side if size is None else whole("size", size, 1)
    window = side - max(shifts)
    clear = clear_steps(net, steps, window)
    for name, inside in clear.items():
        units, needed = len(inside), NEIGHBOURS + max(shifts) // inside.jump
        if units < needed:
            raise ValueError(
                f"Only {units} x {units} units of {name} see nothing beyond a picture of {side} pixels; {needed} are "
                "needed on each side. Give a larger size."
            )
    sums = dict.fromkeys(steps, 0.0)
    for squares in _squares(net, pictures, side, batch_size, progress):
        rest = clear_maps(net, squares[:, :, :window, :window], clear)
        found = {name: [] for name in steps}
        for shift in shifts:
            right = clear_maps(net, squares[:, :, :window, shift : shift + window], clear)
            down = clear_maps(net, squares[:, :, shift : shift + window, :window], clear)
            for name, inside in clear.items():
                across = _compare(rest[name], right[name], shift, inside.jump)
                found[name].append(across + _compare(rest[name].mT, down[name].mT, shift, inside.jump))
        sums = {name: sums[name] + np.stack(found[name]) for name in steps}
    errors = {name: _relative(sums[name].transpose(1, 0, 2)) for name in steps}
    return errors[step] if isinstance(step, str) else errors


def _compare(rest: Tensor, moved: Tensor, shift: int, jump: int) -> np.ndarray:
    """(6, maps): count, sum a, sum b, sum a^2, sum b^2, sum (a - b)^2 of moved maps a and their prediction b."""
    whole, part = divmod(shift, jump)
    ahead = NEIGHBOURS // 2 - 1
    skip = max(0, whole - ahead)
    # Value i of the prediction lies at sample i + ahead + part / jump, and so does sample i + ahead - whole of `moved`.
    b = between(rest, part / jump)[..., skip:]
    begin = skip + ahead - whole
    a = moved[..., begin : begin + b.shape[-1]]
    rows = [t.sum(3).double().sum((0, 2)) for t in (a, b, a * a, b * b, (a - b) ** 2)]
    return torch.stack([torch.full_like(rows[0], a[:, 0].numel()), *rows]).cpu().numpy()


def _relative(sums: np.ndarray) -> np.ndarray:
    """(shifts,) errors from (6, shifts, maps) sums of `_compare`; NaN where every map is the same everywhere."""
    count, a, b, aa, bb, wrong = sums
    energy = aa - a * a / count + bb - b * b / count
    energy[energy <= 1e-6 * (aa + bb)] = 0  # a map that is constant to a thousandth of its value
    wrong, energy = wrong.sum(1), energy.sum(1)
    return np.divide(wrong, energy, out=np.full(energy.shape, np.nan), where=energy > 0)


@dataclass(frozen=True)
class Consistency:
    """How steady a network's answer is under shifts.

    shifts     (S,) int    in pixels
    agreement  (S,) float  share of pairs of crops, that many pixels apart, with the same predicted class
    change     (S,) float  mean absolute change of the probability of the class predicted for the crop at rest
    pairs      how many pairs there are for each shift
    """

    shifts: np.ndarray
    agreement: np.ndarray
    change: np.ndarray
    pairs: int


@torch.inference_mode()
def shift_consistency(
    net: ConvNet,
    pictures: Any,
    shifts: Sequence[int] = SHIFTS,
    *,
    batch_size: int = 64,
    progress: str = "",
) -> Consistency:
    """Does the answer stay the same when the picture moves? (Zhang 2019, Section 4.1 there)

    pictures  a `PictureSet`, a `Gallery`, or any sequence of pictures or (picture, label)
    shifts    in pixels, from 0 to the margin around the centre crop of `preprocess`: 9 for the mini networks

    Two pairs for each picture and shift: the centre crop and the one so many pixels to the right, and the one so many
    pixels down. Real crops of one square, no wrap-around; what the crop loses at one side counts as part of the shift.
    The network is in eval mode meanwhile.

    Raises ValueError for other shifts, or no pictures.
    """
    shifts = _checked(shifts)
    crop = net.architecture.input_size
    edge = (net.resized_side - crop) // 2
    if max(shifts) > edge:
        raise ValueError(f"A shift is at most {edge} pixels, the margin around the centre crop, not {max(shifts)}.")
    same, change, seen = np.zeros(len(shifts)), np.zeros(len(shifts)), 0
    with in_eval(net):
        for squares in _squares(net, pictures, net.resized_side, batch_size, progress):

            def probabilities(down: int, right: int, squares: Tensor = squares) -> Tensor:
                top, left = edge + down, edge + right
                return net(squares[:, :, top : top + crop, left : left + crop]).double().softmax(1)

            rest = probabilities(0, 0)
            sure, named = rest.max(1)
            seen += 2 * len(rest)
            for at, shift in enumerate(shifts):
                for moved in (probabilities(0, shift), probabilities(shift, 0)):
                    same[at] += (moved.argmax(1) == named).sum().item()
                    change[at] += (moved.gather(1, named[:, None])[:, 0] - sure).abs().sum().item()
    return Consistency(np.array(shifts), same / seen, change / seen, seen)


def _checked(shifts: Sequence[int]) -> tuple[int, ...]:
    shifts = tuple(np.atleast_1d(shifts).tolist())
    if not shifts or not all(isinstance(s, Integral) and s >= 0 for s in shifts):
        raise ValueError(f"Shifts must be whole numbers of pixels, 0 or more, not {shifts}.")
    return tuple(map(int, shifts))


def _squares(net: ConvNet, pictures: Any, side: int, batch_size: int, progress: str) -> Iterator[Tensor]:
    """Batches (N, 3, side, side) of the pictures' centre squares on the network's device, mean subtracted."""
    if net.mean.shape[1] not in (1, side):
        raise ValueError(f"This network subtracts a mean picture of {net.mean.shape[1]} pixels a side; leave size out.")
    items = as_sequence(pictures)
    if not len(items):
        raise ValueError("There are no pictures to shift.")
    whole("batch_size", batch_size, 1)
    starts = range(0, len(items), batch_size)
    if progress:
        from tqdm.auto import tqdm

        starts = tqdm(starts, desc=progress, unit="batch", mininterval=1)
    for start in starts:
        batch = [items[at] for at in range(start, min(start + batch_size, len(items)))]
        pixels = torch.from_numpy(np.stack([to_array(centre_square(item, side)) for item in map(picture_of, batch)]))
        # channels_last halves the time of a dense first layer on a CPU.
        yield (pixels.permute(0, 3, 1, 2).to(net.mean) - net.mean).contiguous(memory_format=torch.channels_last)
