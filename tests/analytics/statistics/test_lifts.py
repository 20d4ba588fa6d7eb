"""The lift has the sign of the difference, on both sides of 0."""

import pytest

from analytics.statistics.comparisons import Comparison, Measured, compare
from analytics.statistics.effects import Estimate


def of_means(variant: float, control: float) -> Comparison:
    return compare(Measured(Estimate(variant, 0.04, 900)), Measured(Estimate(control, 0.09, 1000)))


@pytest.mark.parametrize(("variant", "lift"), [(-5, 0.5), (-15, -0.5), (-10, 0), (0, 1), (5, 1.5)])
def test_more_than_a_negative_control_is_a_rise(variant: float, lift: float) -> None:
    compared = of_means(variant, -10)

    for each, difference in ((compared.lift, compared.fixed), (compared.sequential_lift, compared.sequential)):
        assert each is not None
        assert each.value == pytest.approx(lift)
        assert each.value * difference.value >= 0
        assert each.interval.low < lift < each.interval.high


@pytest.mark.parametrize("variant", [5, 9.5, 15, -5])
def test_a_lift_of_negative_values_is_the_mirror_of_that_of_positive_ones(variant: float) -> None:
    above, below = of_means(variant, 10), of_means(-variant, -10)

    for one, other in ((above.lift, below.lift), (above.sequential_lift, below.sequential_lift)):
        assert one is not None
        assert other is not None
        mirrored = (-one.value, -one.interval.high, -one.interval.low, one.p_value)
        assert (other.value, other.interval.low, other.interval.high, other.p_value) == pytest.approx(mirrored)
