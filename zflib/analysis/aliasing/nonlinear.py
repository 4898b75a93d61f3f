"""What the steps after a strided convolution add: a rectified wave has harmonics, and the harmonics fold as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from zflib.analysis.aliasing.clear import clear_maps, wave_units
from zflib.analysis.aliasing.folding import fold
from zflib.analysis.aliasing.gratings import colours, frequencies, grating, together
from zflib.analysis.aliasing.responses import Waves, as_convolution, at_rest, clear_responses, predict
from zflib.arguments import array, whole
from zflib.network import ConvNet

FAR = 1000  # harmonics that are added up where they meet; each one beyond is under a millionth of the wave


def harmonics(amplitude: Any, bias: Any = 0.0, count: int = 8) -> np.ndarray:
    """Fourier coefficients of a rectified wave: max(0, A cos t + b) = c_0 + c_1 cos t + c_2 cos 2t + ...

    amplitude  (...) A >= 0
    bias       (...) b, which moves the threshold: the wave passes while cos t > -b / A
    count      of the last coefficient

    Returns (..., count + 1), negative where a harmonic stands on its head. Without a bias they are A times 1/pi, 1/2,
    2/(3 pi), 0, -2/(15 pi), 0, ...: beside the constant and the wave itself, the even multiples of its frequency. A
    bias brings in the odd ones; one of A or more lets the wave pass unchanged, one of -A or less nothing.
    NaN stays NaN. Raises ValueError for a negative amplitude.
    """
    (a, b), count = together(amplitude=amplitude, bias=bias), whole("count", count, 0)
    if (a < 0).any():
        raise ValueError("An amplitude is not negative; turn the phase by pi instead.")
    within = np.abs(b) < a
    threshold = np.divide(-b, a, out=np.where(b > 0, -1.0, 1.0), where=within)
    half = np.arccos(threshold)
    n = np.arange(2, count + 1)
    # Integrals over the open part of the period, from -half to half.
    constant = (a * np.sin(half) + b * half) / np.pi
    first = (a * (half + np.sin(2 * half) / 2) + 2 * b * np.sin(half)) / np.pi
    a, b, half = a[..., None], b[..., None], half[..., None]
    later = a * (np.sin((n - 1) * half) / (n - 1) + np.sin((n + 1) * half) / (n + 1)) + 2 * b * np.sin(n * half) / n
    return np.concatenate([constant[..., None], first[..., None], later / np.pi], axis=-1)[..., : count + 1]


def predict_rectified(
    layer: Any,
    frequency: Any,
    phase: float = 0.0,
    *,
    amplitude: float = 100.0,
    colour: Any = None,
    stride: int | None = None,
    pad: int = 0,
    count: int = 8,
) -> Waves:
    """The waves on a layer's map after the ReLU, from the filters and biases alone; theory ends here, at the max pool.

    frequency  (2,) cycles per pixel: one grating
    count      of the last harmonic that has a line of its own; they fall off as the square of their number

    The other arguments as for `predict`. Rectifying acts on each sample, so harmonic n of the folded wave lies where n
    times its frequency folds to. Harmonics that meet are added, however high they are.

    Returns Waves of shape (lines, maps): a line for each position, in the order of the lowest harmonic there; the
    constant, harmonic 0, is the first.
    """
    conv, count = as_convolution(layer, stride, pad), whole("count", count, 0)
    linear = predict(conv, frequency, phase, amplitude=amplitude, colour=colour)
    if linear.amplitude.ndim != 1:
        raise ValueError("The rectified response is predicted for one grating at a time: a frequency of shape (2,).")
    bias = 0.0 if conv.bias is None else conv.bias.detach().cpu().double().numpy()
    strength = harmonics(linear.amplitude, bias, FAR).T
    n = np.arange(FAR + 1)[:, None]
    wave = strength * np.exp(1j * n * linear.phase)
    position, wave = at_rest(n[..., None] * linear.position, wave, linear.spacing)
    position = position[:, 0]  # alike for all maps
    _, lowest, line = np.unique(np.round(position, 9) + 0.0, axis=0, return_index=True, return_inverse=True)
    together = np.zeros((len(lowest), wave.shape[1]), dtype=complex)
    np.add.at(together, line.ravel(), wave)
    order = np.argsort(lowest)[: (lowest <= count).sum()]
    return _lines(position[lowest[order]], together[order], np.zeros(wave.shape[1]), linear.spacing)


@torch.no_grad()
def measure_rectified(
    layer: Any,
    frequency: Any,
    phase: float = 0.0,
    *,
    amplitude: float = 100.0,
    colour: Any = None,
    stride: int | None = None,
    pad: int = 0,
    count: int = 8,
    side: int = 192,
) -> Waves:
    """The same waves on the real map after the ReLU, by least squares at the predicted positions, all lines together.

    Arguments as for `predict_rectified` and `measure`. The larger the picture, the closer together lines may lie; with
    more of them than the map can tell apart, strengths go astray. `residual` is the share of the map's energy about its
    mean that all lines together leave unexplained: the higher harmonics, and whatever theory does not know of.
    """
    conv = as_convolution(layer, stride, pad)
    expected = predict_rectified(conv, frequency, phase, amplitude=amplitude, colour=colour, count=count)
    maps, first = clear_responses(conv, side, frequency, phase, amplitude, colour)
    places = expected.position[:, 0]
    wave, left, energy = fit_lines(maps.clip(0), places * expected.spacing, first)
    share = np.divide(left, energy, out=np.full(left.shape, np.nan), where=energy > 0)
    return _lines(places, wave, share, expected.spacing)


def fit_lines(maps: np.ndarray, places: np.ndarray, first: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least squares of waves of known frequencies, all at once.

    maps    (..., n, m)
    places  (lines, 2) cycles per unit, horizontal and vertical; (0, 0) for the constant
    first   row and column of the first unit

    Returns complex amplitudes (lines, ...), the energy left over (...) and the energy about the mean (...).
    """
    rows, columns = (first + np.arange(size) for size in maps.shape[-2:])
    turns = 2j * np.pi * (places[:, 0, None, None] * columns + places[:, 1, None, None] * rows[:, None])
    waves = np.exp(turns).reshape(len(places), -1)
    basis = np.concatenate([waves.real, -waves.imag]).T
    z = maps.reshape(-1, basis.shape[0]).T
    found = np.linalg.lstsq(basis, z, rcond=1e-9)[0]  # of lines that the map can't tell apart, each takes its part
    left = ((z - basis @ found) ** 2).sum(0).reshape(maps.shape[:-2])
    wave = (found[: len(places)] + 1j * found[len(places) :]).reshape(len(places), *maps.shape[:-2])
    return wave, left, ((z - z.mean(0)) ** 2).sum(0).reshape(maps.shape[:-2])


@torch.no_grad()
def nonlinear_share(
    net: ConvNet,
    frequency: Any,
    phase: Any = 0.0,
    *,
    amplitude: float = 100.0,
    colour: Any = (1, 1, 1),
    steps: Sequence[str] = ("relu1", "pool1", "conv2"),
    side: int = 256,
) -> dict[str, np.ndarray]:
    """Share of a grating's response that lies where no linear theory puts it, at each step.

    frequency  (..., 2) cycles per pixel; phase, amplitude and colour as in `grating`
    steps      convolutional, ReLU, pooling or normalisation steps of the network
    side       of the gratings in pixels

    Filters and subsampling alone would turn a grating into one wave, at the frequency folded by the spacing of the
    step's units. Returns by step (...): of the energy of all maps about their means, the share that a constant and a
    wave there do not explain. At conv1 it is 0. A wave rectified in the middle has 1 - (1/8) / (1/4 - 1/pi^2) = 0.16.
    NaN where all maps are constant, as when the grating folds to zero.

    Raises KeyError for a step without maps, ValueError for a side that leaves a step fewer than four units a side.
    """
    clear = wave_units(net, steps, side)
    frequency, colour = frequencies(frequency), colours(colour)
    phase = np.broadcast_to(array("phase", phase), frequency.shape[:-1])
    found = {name: np.empty(frequency.shape[:-1]) for name in steps}
    for at in np.ndindex(frequency.shape[:-1]):
        picture = grating(side, frequency[at], phase[at], amplitude=amplitude, colour=colour)
        x = torch.from_numpy(picture[None]).to(net.mean)
        for name, maps in clear_maps(net, x, clear).items():
            jump, maps = clear[name].jump, maps[0].cpu().double().numpy()
            _, left, energy = fit_lines(maps, np.stack([np.zeros(2), fold(frequency[at], jump) * jump]))
            # What rounding leaves of constant maps is no response.
            changing = energy.sum() > 1e-9 * (maps**2).sum()
            found[name][at] = left.sum() / energy.sum() if changing else np.nan
    return found


def _lines(places: np.ndarray, wave: np.ndarray, left: np.ndarray, spacing: int) -> Waves:
    """Waves (lines, maps) from places (lines, 2), complex amplitudes (lines, maps) and what is left over (maps,)."""
    position = np.broadcast_to(places[:, None], (*wave.shape, 2))
    return Waves(position, np.abs(wave), np.angle(wave), np.broadcast_to(left, wave.shape), spacing)
