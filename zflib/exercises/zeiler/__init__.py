"""Be Zeiler, a project that ends chapter 7: five small networks, of which four have a flawed first layer.

`patient(3)` gives a network and doesn't say what ails it. All of them have ZFNet's layers 1, 2, 5, 6, 7 and 8 with few
maps and units, read pictures of 64 pixels, tell seven textures apart, and were trained alike but for one thing. They
start alike, too: from noise whose strength differs greatly from filter to filter.

Whoever reads on finds the key at the end of patients.py. `python -m zflib.exercises.zeiler` makes the patients anew.
"""

from zflib.exercises.zeiler.case import check_case
from zflib.exercises.zeiler.patients import (
    CHANGES,
    FAULTS,
    NUMBERS,
    SIGNS,
    STEPS,
    Treatment,
    held_out,
    outcomes,
    patient,
    signs,
    treat,
)

__all__ = [
    "CHANGES",
    "FAULTS",
    "NUMBERS",
    "SIGNS",
    "STEPS",
    "Treatment",
    "check_case",
    "held_out",
    "outcomes",
    "patient",
    "signs",
    "treat",
]
