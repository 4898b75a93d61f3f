"""The paper's Table 3, trained again: what to train, the runs, their results, and what they say.

`python -m zflib ablate` makes the runs, `python -m zflib.experiments.ablation` puts them into the package.
"""

from zflib.experiments.ablation.comparison import (
    between_seeds,
    compare,
    detectable,
    rank_correlation,
    verdict,
)
from zflib.experiments.ablation.ensembles import average, averaging, scores, table_2
from zflib.experiments.ablation.plan import predictions, published, variant
from zflib.experiments.ablation.summary import result

__all__ = [
    "average",
    "averaging",
    "between_seeds",
    "compare",
    "detectable",
    "predictions",
    "published",
    "rank_correlation",
    "result",
    "scores",
    "table_2",
    "variant",
    "verdict",
]
