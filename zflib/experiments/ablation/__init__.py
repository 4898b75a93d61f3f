"""The paper's Table 3, trained again: what to train, the runs, their results, and what they say.

`python -m zflib ablate` makes the runs, `python -m zflib.experiments.ablation` puts them into the package.
"""

from zflib.experiments.ablation.calibration import calibrated
from zflib.experiments.ablation.comparison import (
    Comparison,
    Difference,
    Discordant,
    Row,
    Spread,
    between_seeds,
    compare,
    detectable,
    verdict,
)
from zflib.experiments.ablation.ensembles import Averaging, Scores, average, averaging, scores, table_2
from zflib.experiments.ablation.plan import predictions, published, variant
from zflib.experiments.ablation.ranks import RankCorrelation, WithinGroups, rank_correlation, within_groups
from zflib.experiments.ablation.rates import at_its_best_rate
from zflib.experiments.ablation.summary import Ablation, Outcome, Setting, result

__all__ = [
    "Ablation",
    "Averaging",
    "Comparison",
    "Difference",
    "Discordant",
    "Outcome",
    "RankCorrelation",
    "Row",
    "Scores",
    "Setting",
    "Spread",
    "WithinGroups",
    "at_its_best_rate",
    "average",
    "averaging",
    "between_seeds",
    "calibrated",
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
    "within_groups",
]
