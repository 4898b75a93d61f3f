"""The deconvnet of Section 2.1: from one unit's activation back to the pixels that caused it.

From the top down, each layer is undone in turn: unpool with the recorded switches, rectify, filter with the
transposed filters. Biases have no part on the way down, and contrast normalisation passes the signal unchanged.

One forward pass (`DeconvNet.forward`) serves every map. A projection then touches only what its unit can see:
each unit carries a window of the current map, which grows on the way down to the unit's receptive field.

`rules` has what happens at one layer, `windows` the way down inside receptive fields, `layers` the list of what
can be reversed, `trace` what the way up leaves behind, and `chain` the whole, forwards and back.
"""

from zflib.deconvnet.chain import DeconvNet
from zflib.deconvnet.rules import METHODS, OVERLAPS, pool, unpool
from zflib.deconvnet.trace import Trace
from zflib.deconvnet.windows import Patches

__all__ = ["DeconvNet", "Trace", "Patches", "pool", "unpool", "METHODS", "OVERLAPS"]
