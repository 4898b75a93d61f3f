"""Aliasing on the way down: what a projection shows of an alias, and what its own checkerboard.

A map is sparse on the picture, one unit every s pixels. Filtering it back with the transposed filters repeats each
frequency of the map at all points of the lattice (k/s, l/s) around it, weighted by the filter. The alias is repeated
so, and so is the map's mean: as a checkerboard, which has nothing to do with the picture (Odena et al. 2016). A map
of one constant value, sent down the same way, shows the checkerboard alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from zflib.analysis.aliasing.clear import wave_units
from zflib.analysis.aliasing.folding import alias_distance, fold
from zflib.analysis.aliasing.gratings import colours, frequencies, grating
from zflib.analysis.aliasing.nonlinear import fit_lines
from zflib.analysis.aliasing.responses import at_rest
from zflib.arguments import whole
from zflib.deconvnet import DeconvNet, Trace
from zflib.network import ConvNet

STEPS = ("conv1", "relu1", "pool1", "conv2")


@dataclass(frozen=True)
class ProjectedAlias:
    """Where the energy of a map's projection lies; shares of its energy about the mean, clear of the border.

    true        at the grating's own frequency
    alias       at the frequency that it folds to, if that is another
    repeats     at the other frequencies that fold there
    lattice     at the points (k/s, l/s) but zero: the checkerboard
    elsewhere   the rest: harmonics of the ReLU, what max pooling adds
    control     the checkerboard of the constant seed, in the same units
    explained   share of the lattice's energy that is gone when the constant seed's projection is taken away
    projection  (3, side, side) signed
    constant    (3, side, side) the constant seed's
    """

    true: float
    alias: float
    repeats: float
    lattice: float
    elsewhere: float
    control: float
    explained: float
    projection: np.ndarray
    constant: np.ndarray


@torch.no_grad()
def project_alias(
    net: ConvNet,
    frequency: Any,
    channel: int,
    step: str = "relu1",
    *,
    phase: float = 0.0,
    amplitude: float = 100.0,
    colour: Any = (1, 1, 1),
    side: int = 128,
) -> ProjectedAlias:
    """Project a map's response to a grating back to the pixels, beside the projection of a constant map.

    frequency  (2,) cycles per pixel; phase, amplitude and colour as in `grating`
    channel    of the map, all of whose units are projected, and the projections added
    step       "conv1" or "relu1", which are one to a deconvnet, "pool1" or "conv2"; waves fold and repeat by the
               spacing of its units

    The constant is the map's mean; switches are the grating's own. Raises ValueError for another step, a channel that
    the step does not have or that does not respond, for a picture that is too small, and for a grating that folds to
    zero: its alias is a constant map itself.
    """
    if step not in STEPS:
        raise ValueError(f"Whole maps are projected from the steps {', '.join(STEPS)}, not from {step!r}.")
    frequency, colour = frequencies(frequency), colours(colour)
    if frequency.shape != (2,):
        raise ValueError(f"One grating at a time: a frequency of shape (2,), not {frequency.shape}.")
    geometry = {s.name: s for s in net.architecture.geometry(side)}[step]
    if (np.abs(fold(frequency, geometry.jump)) < 1e-9).all():
        raise ValueError(f"This grating folds to zero at {step}: its alias can't be told from a constant map.")
    if not 0 <= whole("channel", channel) < geometry.maps:
        raise ValueError(f"{step} has no map {channel}; it has maps 0 to {geometry.maps - 1}.")
    clear = wave_units(net, [step], side)[step]
    picture = grating(side, frequency, phase, amplitude=amplitude, colour=colour)
    deconv = DeconvNet(net)
    trace = deconv.forward(torch.from_numpy(picture[None]).float(), upto=step)
    mean = float(clear.of(trace[step])[0, channel].mean())
    if mean == 0:
        raise ValueError(f"Map {channel} of {step} does not respond to this grating: there is nothing to project.")
    projection, constant = (_whole_map(deconv, trace, step, channel, seed) for seed in (None, mean))

    s, margin = geometry.jump, geometry.receptive_field
    lattice = np.stack(np.meshgrid(np.arange(s), np.arange(s)), axis=-1).reshape(-1, 2) / s
    waves = np.concatenate([lattice, frequency + lattice])
    places = at_rest(waves, np.ones(len(waves)), 1)[0]
    places = places[np.unique(np.round(places, 9) + 0.0, axis=0, return_index=True)[1]]
    inside = slice(margin, side - margin)
    (seen, control, rest), (left, _, _), (energy, _, _) = zip(
        *(fit_lines(p[:, inside, inside], places, margin) for p in (projection, constant, projection - constant)),
        strict=True,
    )
    total = energy.sum()

    def share(wave: np.ndarray, which: np.ndarray) -> float:
        """Of the energy of some lines: half the square of an amplitude, all of it for a wave like 1, -1, 1, -1."""
        own_mirror = (np.abs(fold(2 * places, 1)) < 1e-9).all(1)
        power = (np.abs(wave) ** 2).sum(1) * np.where(own_mirror, 1, 0.5) * projection[0, inside, inside].size
        return float(power[which].sum() / total)

    zero = (places == 0).all(1)
    true = alias_distance(places, frequency, 1) < 1e-9
    alias = (alias_distance(places, fold(frequency, s), 1) < 1e-9) & ~true
    checkerboard = (np.abs(fold(places, s)) < 1e-9).all(1) & ~zero
    repeats = ~(zero | true | alias | checkerboard)
    of_lattice = share(seen, checkerboard)
    return ProjectedAlias(
        true=share(seen, true),
        alias=share(seen, alias),
        repeats=share(seen, repeats),
        lattice=of_lattice,
        elsewhere=float(left.sum() / total),
        control=share(control, checkerboard),
        explained=1 - share(rest, checkerboard) / of_lattice,
        projection=projection,
        constant=constant,
    )


def _whole_map(deconv: DeconvNet, trace: Trace, step: str, channel: int, seed: float | None) -> np.ndarray:
    """(3, side, side): the projections of all units of a map, added up."""
    rows, columns = trace[step].shape[2:]
    units = torch.cartesian_prod(*(torch.tensor(n) for n in ([0], [channel], range(rows), range(columns))))
    patches = deconv.project_units(trace, step, units, seed=seed)
    return sum(patches.paste(at) for at in range(len(patches))).cpu().double().numpy()
