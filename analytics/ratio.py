"""Whether subjects met the variants of a split as often as it says: Pearson's chi-square test over distinct subjects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

# Below this, chance is no explanation: of a thousand sound splits that somebody looks at, one is flagged.
ALPHA = 0.001
# The approximation holds where so many subjects are expected with every variant.
LEAST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class Result:
    """`freedom` is the number of variants less one, of each split."""

    statistic: float
    freedom: int
    p_value: float

    @property
    def is_mismatch(self) -> bool:
        return self.p_value < ALPHA


def chi_square(observed: Sequence[int], expected: Sequence[float]) -> Result:
    """Of as many counts as expectations, all of which are above 0, with the same sum."""
    # SciPy takes some 30 MB and a third of a second: only who asks for a test has it.
    from scipy.special import chdtrc

    statistic = sum((seen - due) ** 2 / due for seen, due in zip(observed, expected, strict=True))
    freedom = len(expected) - 1
    return Result(statistic, freedom, float(chdtrc(freedom, statistic)))


def together(results: Sequence[Result]) -> Result:
    """Tests of different people as one: their sums are of a chi-square distribution again."""
    from scipy.special import chdtrc

    statistic, freedom = sum(each.statistic for each in results), sum(each.freedom for each in results)
    return Result(statistic, freedom, float(chdtrc(freedom, statistic)))


def subjects_needed(shares: Mapping[str, Fraction]) -> int:
    """How many subjects it takes before the test says anything."""
    return -(-LEAST_EXPECTED // min(shares.values()))


def compared(subjects: Mapping[str, int], shares: Mapping[str, Fraction]) -> Result | None:
    """The test of subjects by variant against the shares of at least two variants; None: there are too few subjects.

    A subject with a variant that has no share in the split is one too many for any split: then p is 0.
    """
    whole = sum(subjects.values())
    if whole < subjects_needed(shares):
        return None
    if subjects.keys() - shares.keys():
        return Result(float("inf"), len(shares) - 1, 0.0)
    expected = [float(share * whole) for share in shares.values()]
    return chi_square([subjects.get(variant, 0) for variant in shares], expected)
