"""What a convolution with a stride answers to a grating: predicted from its filters, and measured on its map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from zflib.analysis.aliasing.clear import clear_units
from zflib.analysis.aliasing.folding import fold
from zflib.analysis.aliasing.gratings import colours, frequencies, grating
from zflib.analysis.spectrum.filters import as_weights
from zflib.arguments import array, number, whole

EQUAL = 1e-12  # cycles per pixel: what rounding may put between two names of one frequency


@dataclass(frozen=True)
class Waves:
    """Real waves on the maps of a layer, one for each frequency and map.

    position   (..., maps, 2) where they are, in cycles per input pixel, fx and fy. Of the pair f and -f, which is one
               real wave, the one with fy > 0, or fy = 0 and fx >= 0, is named
    amplitude  (..., maps)    half the distance from crest to trough; never negative
    phase      (..., maps)    radians: unit (row, column) of the map has
                              amplitude * cos(2 pi spacing (fx column + fy row) + phase)
    residual   (..., maps)    share of the map's energy that this wave does not explain; 0 in a prediction
    spacing    how many input pixels neighbouring units are apart

    A silent map has amplitude 0; measured, its position, phase and residual are NaN.
    """

    position: np.ndarray
    amplitude: np.ndarray
    phase: np.ndarray
    residual: np.ndarray
    spacing: int

    @property
    def on_map(self) -> np.ndarray:
        """(..., maps, 2): the positions in cycles per unit of the map, up to 0.5 per axis."""
        return self.position * self.spacing


def transfer(filters: Any, frequency: Any) -> np.ndarray:
    """The transfer function H(f): by how much each channel of each filter multiplies a wave of frequency f.

    filters    (maps, channels, k, k), as in `zflib.spectrum`
    frequency  (..., 2) cycles per pixel

    Returns (..., maps, channels), complex: the sum of w[row, column] exp(2 pi i (fx column + fy row)), from the
    filter's own top left. The exponent is positive because a convolutional layer correlates: it does not flip its
    filters.
    """
    weights, frequency = as_weights(filters), array("frequency", frequency)
    if not frequency.ndim or frequency.shape[-1] != 2:
        raise ValueError(f"A frequency has two components (fx, fy) in its last axis; the shape is {frequency.shape}.")
    columns, rows = np.moveaxis(np.exp(2j * np.pi * frequency[..., None] * np.arange(weights.shape[-1])), -2, 0)
    return np.einsum("mcij,...i,...j->...mc", weights, rows, columns, optimize=True)


def predict(
    layer: Any,
    frequency: Any,
    phase: Any = 0.0,
    *,
    amplitude: float = 1.0,
    colour: Any = None,
    stride: int | None = None,
    pad: int = 0,
) -> Waves:
    """Where the response to a grating lies on a layer's map and how strong it is, from the filters alone.

    layer      a network, whose conv1 is meant; an `nn.Conv2d`; or filters (maps, channels, k, k), an array or a tensor,
               with their `stride` and `pad`
    frequency  (..., 2) cycles per pixel, of `grating`
    phase      (...) radians; amplitude and colour as in `grating`, (1, 1, 1) if left out
    stride     of filters without a layer; pad likewise

    Filtering multiplies the grating by H(f); keeping every s-th position folds f. Where f and -f fold onto the same
    place, at the half-points of the lattice (k/s, l/s), the pair adds up to |H cos(phase)|: how strong the response
    is then depends on where the stripes lie, and it may vanish. The layer's bias adds a constant, left out here.

    Raises ValueError for what has no such answer: groups, dilation, sides or strides that differ, a frequency beyond
    0.5.
    """
    conv = as_convolution(layer, stride, pad)
    frequency, (s, p) = frequencies(frequency), (conv.stride[0], conv.padding[0])
    start = array("phase", phase) - 2 * np.pi * p * frequency.sum(-1)  # unit 0 starts p pixels before pixel 0
    wave = (
        number("amplitude", amplitude)
        * np.exp(1j * start)[..., None]
        * (transfer(conv.weight, frequency) @ _colour(conv, colour))
    )
    position, wave = at_rest(frequency[..., None, :], wave, s)
    return Waves(position, np.abs(wave), np.angle(wave), np.zeros(wave.shape), s)


def at_rest(frequency: np.ndarray, wave: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Where real waves lie on samples `stride` pixels apart, under the name that `Waves` gives them.

    frequency  (..., 2) cycles per pixel, not folded
    wave       (...) complex amplitudes c of Re(c exp(2 pi i f x)), of any shape that goes with the frequencies

    Returns positions (..., 2) and amplitudes (...) of the waves' common shape.
    """
    position, nyquist = fold(frequency, stride), 0.5 / stride
    own_mirror = (np.abs(fold(2 * position, stride)) < EQUAL).all(-1)
    wave = np.where(own_mirror, wave.real, wave)
    x, y = np.moveaxis(position, -1, 0)
    upright = (np.abs(y) < EQUAL) | (np.abs(y) > nyquist - EQUAL)  # y and -y are the same to the samples
    turned = np.where(upright, x < -EQUAL, y < 0)
    position = np.where(turned[..., None], -position, position)
    position = np.where(position < EQUAL - nyquist, nyquist, position)
    return np.broadcast_to(position, (*wave.shape, 2)), np.where(turned, wave.conj(), wave)


@torch.no_grad()
def measure(
    layer: Any,
    frequency: Any,
    phase: Any = 0.0,
    *,
    amplitude: float = 1.0,
    colour: Any = None,
    stride: int | None = None,
    pad: int = 0,
    side: int = 96,
) -> Waves:
    """Run the layer on gratings and find the wave on each map, knowing nothing of what it should be.

    side  of the gratings in pixels; the other arguments as for `predict`

    Only units whose whole filter lies on the picture count; the layer's bias is taken away. Raises ValueError also
    when fewer than four such units a side are left.
    """
    conv = as_convolution(layer, stride, pad)
    maps, first = clear_responses(conv, side, frequency, phase, amplitude, colour)
    if conv.bias is not None:
        maps = maps - conv.bias.cpu().double().numpy()[:, None, None]
    return find_waves(maps, conv.stride[0], first)


def clear_responses(
    conv: nn.Conv2d, side: int, frequency: Any, phase: Any, amplitude: float, colour: Any
) -> tuple[np.ndarray, int]:
    """The layer's answer to gratings, bias included, where its filters lie wholly on the picture.

    Returns (..., maps, n, n), and the row and column of the first of these units in the whole map.
    """
    pictures = grating(side, frequency, phase, amplitude=amplitude, colour=_colour(conv, colour))
    clear = clear_units([conv], side)
    if len(clear) < 4:
        raise ValueError(f"{side} pixels leave fewer than four units a side clear of the border; use a larger side.")
    maps = conv(torch.from_numpy(pictures.reshape(-1, *pictures.shape[-3:])).to(conv.weight))
    maps = clear.of(maps).cpu().double().numpy()
    return maps.reshape(*pictures.shape[:-3], *maps.shape[1:]), clear.first


def find_waves(maps: Any, spacing: int = 1, first: int = 0) -> Waves:
    """The one wave that each map consists of.

    maps     (..., n, m), rows and columns, of at least four units; their constant part taken away
    spacing  how many input pixels neighbouring units are apart
    first    row and column of the first unit, to which the phases refer

    A sampled wave is the only signal whose two neighbours always add up to the same multiple, 2 cos(2 pi f), of the
    value between them. Least squares gives that multiple along rows and columns, and a second least squares amplitude
    and phase, of the wave and of its mirror image: what fits better is taken. Exact for one wave of any frequency, even
    of less than a period; `residual` says when there was more on the map. Raises ValueError for smaller maps, and for
    values that are not finite.
    """
    z, spacing, first = array("maps", maps), whole("spacing", spacing, 1), whole("first", first)
    if z.ndim < 2 or min(z.shape[-2:]) < 4:
        raise ValueError(f"A wave is found on maps (..., n, m) of at least four units a side, not {z.shape}.")
    middle = z[..., 1:-1, 1:-1]
    energy = np.einsum("...ij,...ij->...", middle, middle)
    with np.errstate(invalid="ignore", divide="ignore"):

        def cosine(down: int, right: int) -> np.ndarray:
            """cos(2 pi f) along a step of the map: half of what the two neighbours are times the value between."""
            total = 0
            for d, r in ((down, right), (-down, -right)):
                neighbour = z[..., 1 + d : z.shape[-2] - 1 + d, 1 + r : z.shape[-1] - 1 + r]
                total = total + np.einsum("...ij,...ij->...", middle, neighbour)
            return total / (2 * energy)

        u, v = (np.arccos(cosine(*step).clip(-1, 1)) / (2 * np.pi) for step in ((0, 1), (1, 0)))
        wave, residual = _amplitudes(z, u, v, first)
        mirrored, left = _amplitudes(z, -u, v, first)
        # A wave along an axis is its own mirror image: the small difference keeps rounding from inventing another.
        turned = left < residual - 1e-8
        u, wave, residual = (np.where(turned, *each) for each in ((-u, u), (mirrored, wave), (left, residual)))
    position = np.stack([u, v], axis=-1) / spacing
    return Waves(position, np.abs(wave), np.where(energy > 0, np.angle(wave), np.nan), residual, spacing)


def _amplitudes(z: np.ndarray, u: np.ndarray, v: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Least squares of Re(c exp(i t)), t = 2 pi (u column + v row): c (...), and the share of energy left over.

    z  (..., n, m); u, v  (...) cycles per unit
    """
    across, down = (
        np.exp(2j * np.pi * f[..., None] * (first + np.arange(size)))
        for f, size in ((u, z.shape[-1]), (v, z.shape[-2]))
    )
    rows = (z @ across.real[..., None] - 1j * (z @ across.imag[..., None]))[..., 0]
    s = (rows * down.conj()).sum(-1)  # sum of z exp(-i t)
    d = (across**2).sum(-1) * (down**2).sum(-1)  # sum of exp(2 i t): how much a wave and its mirror image overlap
    n = z.shape[-1] * z.shape[-2]
    apart = 1 - np.abs(d / n) ** 2
    # At the half-points the two are one: what would be the sine is zero at every unit, and the cosine is all there is.
    c = np.where(apart > 1e-9, 2 * (s - (d * s).conj() / n) / (n * apart), s / n)
    energy = np.einsum("...ij,...ij->...", z, z)
    left = 1 - (c * s.conj()).real / energy
    return np.where(energy > 0, c, 0), left.clip(0)


def as_convolution(layer: Any, stride: int | None = None, pad: int = 0) -> nn.Conv2d:
    """The convolution that a network, an `nn.Conv2d` or an array of filters stands for.

    Raises TypeError for anything else, ValueError for a convolution that no single folding law describes.
    """
    if isinstance(layer, nn.Module):
        conv = getattr(layer, "conv1", layer)
        if not isinstance(conv, nn.Conv2d):
            raise TypeError(
                f"A network with a conv1, an nn.Conv2d or an array of filters is needed, not {type(layer).__name__}."
            )
    else:
        weights = as_weights(layer)
        stride, pad = whole("stride", stride, 1), whole("pad", pad, 0)
        conv = nn.Conv2d(weights.shape[1], len(weights), weights.shape[2], stride, pad, bias=False)
        conv.weight = nn.Parameter(torch.tensor(weights))
    pairs = (conv.kernel_size, conv.stride, conv.padding)
    if conv.groups != 1 or conv.dilation != (1, 1) or any(pair[0] != pair[1] for pair in pairs):
        raise ValueError(f"Only square convolutions without groups and dilation are meant here, not {conv}.")
    return conv


def _colour(conv: nn.Conv2d, colour: Any) -> np.ndarray:
    """(channels,) grey if none is given. Raises ValueError for one of another length."""
    return np.ones(conv.in_channels) if colour is None else colours(colour, conv.in_channels)
