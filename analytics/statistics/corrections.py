"""Many comparisons, corrected: of twenty without any difference one has p < 0.05, and somebody will find it."""

from collections.abc import Sequence
from enum import StrEnum

from statsmodels.stats.multitest import multipletests


class Correction(StrEnum):
    """HOLM (1979): no finding is false, with 1 - alpha. BENJAMINI_HOCHBERG (1995): on average at most alpha of them are."""

    HOLM = "holm"
    BENJAMINI_HOCHBERG = "fdr_bh"


def corrected(p_values: Sequence[float], correction: Correction = Correction.BENJAMINI_HOCHBERG) -> list[float]:
    """As many p values, to be compared with the same alpha as one alone would be."""
    return [float(each) for each in multipletests(p_values, method=correction)[1]] if p_values else []
