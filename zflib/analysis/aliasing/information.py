"""What a strided first layer lets through: how much of a picture could a linear inverse recover from its maps?

Each map of stride s is aliased: frequencies that differ by (k/s, l/s) land on one frequency of the map. But maps
differ, and s^2 frequencies in three colours, 3 s^2 unknowns, may be told apart by as many maps. Sampling mixes nothing
else, so the question falls apart into one small matrix per alias group, and its answer is exact: no training, no
pictures. It is an upper bound for later linear layers, and says nothing about what a network does with its maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from zflib.arguments import array, whole

SIZE = 60  # strides 1 to 6 divide it
EDGES = (0.0, 0.125, 0.25, 0.375, 0.5, 2**-0.5)
# Covariance of red, green and blue in 1000 training pictures of Imagenette at 160 px, the mean variance being 1.
COLOUR = np.array([[1.031, 0.934, 0.851], [0.934, 0.982, 0.921], [0.851, 0.921, 0.987]])


@dataclass(frozen=True)
class Recovery:
    """What the best linear inverse recovers of a picture's variance.

    edges   (bands + 1,) cycles per pixel, distance from zero frequency
    shares  (bands,) recovered share of the variance that pictures have in each band; NaN where they have none
    total   the same over all frequencies, within `edges` or not
    """

    edges: np.ndarray
    shares: np.ndarray
    total: float

    def __str__(self) -> str:
        bands = zip(self.edges, self.edges[1:], self.shares, strict=False)
        lines = [f"{low:.3f}-{high:.3f} cycles/px: {share:6.1%} recovered" for low, high, share in bands]
        return "\n".join([*lines, f"in all:               {self.total:6.1%}"])


def alias_matrices(filters: Any, stride: int, size: int = SIZE) -> np.ndarray:
    """The bank as one matrix per alias group: from the colours of the frequencies that fold together to the maps.

    filters  (maps, channels, k, k) array or tensor, or a network with a conv1
    stride   distance between the units of a map in pixels
    size     pixels per axis of the frequency grid, a multiple of the stride and at least k

    Returns (size / stride, size / stride, maps, stride^2, channels), complex: the transfer function of each map at
    frequency (row + k size / stride, column + l size / stride) / size, members in the order of k, then l. What the map
    shows there is the sum over members and channels of this times the picture's spectrum, divided by stride^2.
    Its last two axes taken as one, it has stride^2 channels columns: with fewer maps something must be lost.
    Raises ValueError for a bank, stride or size that do not go together.
    """
    bank = _bank(filters)
    stride, size = whole("stride", stride, 1), whole("size", size, 1)
    if size % stride or size < max(bank.shape[2:]):
        raise ValueError(
            f"A grid of {size} points does not go with stride {stride} and filters of {bank.shape[2]}x{bank.shape[3]}; "
            "choose a multiple of the stride that is no smaller than the filters."
        )
    transfer = np.fft.fft2(bank, (size, size)).conj()  # layers correlate: their filters come in mirrored
    return _grouped(transfer.transpose(2, 3, 0, 1), stride).swapaxes(2, 3)


def singular_values(filters: Any, stride: int, size: int = SIZE) -> np.ndarray:
    """Of every alias group's matrix, the largest first: (size / stride, size / stride, min(maps, channels stride^2)).

    As many as are not negligible is the group's rank, the number of unknowns that the maps can tell apart. Arguments
    and errors as for `alias_matrices`.
    """
    groups = alias_matrices(filters, stride, size)
    return np.linalg.svd(groups.reshape(*groups.shape[:3], -1), compute_uv=False)


def recovery(
    filters: Any,
    stride: int,
    edges: Sequence[float] = EDGES,
    prior: Any = "natural",
    noise: float = 0.01,
    size: int = SIZE,
) -> Recovery:
    """The share of picture variance that the best linear inverse (Wiener's) recovers from a layer's maps.

    filters  (maps, 3, k, k) array or tensor, or a network with a conv1: before the ReLU, biases aside
    stride   distance between the units of a map in pixels, the network's own or another
    edges    bands in cycles per pixel, distance from zero frequency (the corners reach 0.707)
    prior    what is known of pictures beforehand: "natural" (power falls as 1/f^2, colours as related as Imagenette's),
             "white" (all frequencies and colours alike), or covariances of the colours by frequency
             (size, size, 3, 3), zero frequency first, for example `picture_prior(pictures)`
    noise    how exactly a map is read, as a share of its own standard deviation over pictures; at 0 whatever is not
             lost counts as recovered, however faint: any 48 filters in general position then undo stride 4

    Pictures and filters are periodic on `size` pixels: no borders. Adding a map never lowers a share, and neither does
    halving the stride. n maps cannot recover more than n / (3 stride^2) of white pictures. Raises ValueError for
    arguments that do not go together.
    """
    edges, given = array("edges", edges), _prior(prior, whole("size", size, 1))
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise ValueError(f"Band edges are two or more growing numbers in cycles per pixel, not {edges.tolist()}.")
    if not 0 <= noise < np.inf:
        raise ValueError(f"The noise is a share of a map's standard deviation, 0 or more, not {noise}.")
    groups = alias_matrices(filters, stride, size)
    if groups.shape[-1] != 3:
        raise ValueError(f"Pictures have three colours; these filters have {groups.shape[-1]} channels.")
    coarse, _, maps, members, _ = groups.shape
    half = coarse // 2 + 1  # pictures are real: the other half mirrors this one

    # Pictures of unit variance in every direction, times `root`, are pictures of this prior.
    level, axes = np.linalg.eigh(given)
    root = _grouped((axes * np.sqrt(level.clip(min=0))[..., None, :]) @ axes.conj().swapaxes(-1, -2), stride)
    power = _grouped(np.trace(given, axis1=-2, axis2=-1).real, stride)
    seen = np.einsum("ijmac,ijacd->ijmad", groups, root, optimize=True)
    deviation = np.sqrt((np.abs(seen) ** 2).sum((0, 1, 3, 4))) / size  # of each map over pictures
    # What rounding leaves where a filter has a zero is nothing, not a faint signal to amplify.
    strongest, dust = np.abs(groups).max((0, 1, 3, 4)), max(maps, 3 * members) * np.finfo(float).eps
    audible = deviation > dust * strongest * np.sqrt(power.sum()) / size
    scale = np.divide(1, deviation, out=np.zeros(maps), where=audible)
    whitened = (seen[:, :half] * scale[:, None, None]).reshape(coarse, half, maps, -1)
    _, values, directions = np.linalg.svd(whitened, full_matrices=False)

    power, root = power[:, :half], root[:, :half]
    floor = dust * (strongest * scale).max() * np.sqrt(power.max(-1, keepdims=True))
    gain = np.divide(values**2, values**2 + (noise * stride) ** 2, out=np.zeros_like(values), where=values > floor)
    directions = directions.reshape(coarse, half, -1, members, 3)
    patterns = np.einsum("ijrac,ijadc->ijrad", directions, root.conj(), optimize=True)
    recovered = np.einsum("ijr,ijra->ija", gain, (np.abs(patterns) ** 2).sum(-1))

    radius = _grouped(np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)), stride)[:, :half]
    twice = np.where(2 * np.arange(half) % coarse == 0, 1, 2)[:, None]  # where the mirror image is left out
    got, had = (np.histogram(radius, edges, weights=twice * v)[0] for v in (recovered, power))
    shares = np.divide(got, had, out=np.full(len(had), np.nan), where=had > 0)
    return Recovery(edges, shares, float((twice * recovered).sum() / (twice * power).sum()))


def picture_prior(pictures: Any, size: int = SIZE) -> np.ndarray:
    """Colour covariances by frequency (size, size, 3, 3) of pictures, zero frequency first, for `recovery`.

    pictures  (N, 3, H, W) array or tensor, no side smaller than `size`

    Mean periodogram of all tiles of `size` pixels that fit, less their mean and under a Hann window, so that the edges
    of a tile do not pose as fine detail. Raises ValueError for pictures of another shape or smaller.
    """
    pictures, size = array("pictures", pictures), whole("size", size, 1)
    if pictures.ndim != 4 or pictures.shape[1] != 3 or min(pictures.shape[2:]) < size or not len(pictures):
        raise ValueError(f"Pictures (N, 3, H, W) of {size} pixels or more a side are needed, not {pictures.shape}.")
    rows, columns = (side // size for side in pictures.shape[2:])
    tiles = pictures[:, :, : rows * size, : columns * size].reshape(-1, 3, rows, size, columns, size)
    tiles = tiles.transpose(0, 2, 4, 1, 3, 5).reshape(-1, 3, size, size)
    window = np.hanning(size + 2)[1:-1]
    spectra = np.fft.fft2((tiles - tiles.mean((2, 3), keepdims=True)) * window[:, None] * window)
    return np.einsum("ncij,ndij->ijcd", spectra, spectra.conj(), optimize=True) / (len(tiles) * (window**2).sum() ** 2)


def _grouped(values: np.ndarray, stride: int) -> np.ndarray:
    """Values by frequency (size, size, ...) by alias group: (size / stride, size / stride, stride^2, ...)."""
    coarse, rest = len(values) // stride, values.shape[2:]
    split = values.reshape(stride, coarse, stride, coarse, *rest)
    return split.swapaxes(0, 1).swapaxes(1, 3).swapaxes(2, 3).reshape(coarse, coarse, stride**2, *rest)


def _prior(prior: Any, size: int) -> np.ndarray:
    if isinstance(prior, str):
        if prior not in ("natural", "white"):
            raise ValueError(f'A prior is "natural", "white" or an array of covariances, not {prior!r}.')
        frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)).clip(min=1 / size)
        flat = np.ones((size, size, 1, 1))
        return flat * np.eye(3) if prior == "white" else frequency[..., None, None] ** -2.0 * COLOUR
    prior = np.asarray(prior)
    if prior.shape != (size, size, 3, 3):
        raise ValueError(
            f"A prior for a grid of {size} points has the shape ({size}, {size}, 3, 3), not {prior.shape}."
        )
    if not np.isfinite(prior).all() or np.trace(prior, axis1=-2, axis2=-1).real.sum() <= 0:
        raise ValueError("A prior needs finite covariances and some variance.")
    transposed, mirrored = prior.swapaxes(-1, -2), np.roll(prior[::-1, ::-1], 1, (0, 1))
    levels = np.linalg.eigvalsh(prior)
    if not all(np.allclose(prior, v.conj()) for v in (transposed, mirrored)) or levels.min() < -1e-9 * levels.max():
        raise ValueError("No real pictures have this prior: covariances are Hermitian, positive, and conjugate at -f.")
    return prior


def _bank(filters: Any) -> np.ndarray:
    if isinstance(filters, nn.Module):
        if not hasattr(filters, "conv1"):
            raise ValueError(f"{type(filters).__name__} has no conv1; pass the filters, (maps, channels, k, k).")
        filters = filters.conv1.weight
    bank = array("The weights of filters", filters)
    if bank.ndim != 4 or 0 in bank.shape:
        raise ValueError(f"Filters are (maps, channels, k, k), or a network with a conv1, not {bank.shape}.")
    return bank
