"""Subjects that are needed: published examples, and what cannot be asked."""

import pytest

from analytics.statistics.power import Design, Need, days, detectable_mean, detectable_rate, for_means, for_rates


def test_two_rates_of_r() -> None:
    """R, ?power.prop.test: `power.prop.test(p1 = .50, p2 = .75, power = .90)` has n = 76.7 of each."""
    assert for_rates(0.5, 0.25, Design(power=0.9)).fixed == 154


def test_two_means_of_r() -> None:
    """R, ?power.t.test: `power.t.test(power = .90, delta = 1)` has n = 22.02110 of each."""
    assert for_means(1, 1, Design(power=0.9)).fixed == 45


def test_the_rule_of_thumb_of_kohavi() -> None:
    """Kohavi, Longbotham, Sommerfield and Henne (2009), section 3.2: 5 % conversion and 5 % of change take 121,600 of each."""
    assert for_rates(0.05, 0.0025, Design()).fixed / 2 == pytest.approx(121_600, rel=0.02)


def test_the_calculator_of_evan_miller() -> None:
    """evanmiller.org/ab-testing/sample-size.html says 1,030 of each for 20 % and 5 points, of the control's variance."""
    assert for_rates(0.20, 0.05, Design()).fixed / 2 == pytest.approx(1_030, rel=0.07)


def test_a_fall_takes_about_as_many_as_a_rise() -> None:
    rise, fall = for_rates(0.5, 0.02, Design()), for_rates(0.5, -0.02, Design())

    assert fall == rise


def test_unequal_shares_take_more() -> None:
    """The variance of a difference goes with 1 / share + 1 / (1 - share): 11.1 and 4."""
    assert for_means(1, 0.01, Design(share=0.1)).fixed / for_means(1, 0.01, Design()).fixed == pytest.approx(
        100 / 36, rel=0.01
    )
    assert for_rates(0.05, 0.0025, Design(share=0.1)).fixed > 2 * for_rates(0.05, 0.0025, Design()).fixed


def test_looking_daily_takes_less_than_twice_as_many() -> None:
    for need in (for_rates(0.05, 0.005, Design()), for_means(20, 1, Design(alpha=0.01, power=0.9))):
        assert need.fixed < need.sequential < 2.1 * need.fixed


def test_what_is_detectable_is_what_is_needed() -> None:
    design = Design(power=0.9, share=0.3)

    assert detectable_rate(0.05, for_rates(0.05, 0.004, design).fixed, design) == pytest.approx(0.004, rel=0.01)
    assert detectable_mean(20, for_means(20, 0.5, design).fixed, design) == pytest.approx(0.5, rel=0.01)
    assert detectable_rate(0.5, 8, Design()) is None
    assert detectable_rate(0.9999999995, 10**12, Design()) is None
    assert detectable_rate(1e-12, 10**13, Design()) == 1e-9


def test_days() -> None:
    assert (days(1_001, 500), days(1_000, 500), days(5, 0)) == (3, 2, None)


def test_a_huge_change_takes_few() -> None:
    assert for_means(1, 1000, Design()) == for_means(1, 5, Design())
    assert for_means(1, 5, Design(alpha=0.2, power=0.5)).fixed == 4, "two of each"
    assert for_means(1, 5, Design(alpha=0.2, power=0.5, share=0.75)).fixed == 8, "two of the smaller one"
    assert isinstance(for_rates(0.001, 0.99, Design()), Need)


@pytest.mark.parametrize(("baseline", "change"), [(0.0, 0.1), (1.0, -0.1), (0.5, 0.0), (0.5, 0.5), (0.5, -0.6)])
def test_rates_that_are_none_are_refused(baseline: float, change: float) -> None:
    with pytest.raises(ValueError, match="rates are"):
        for_rates(baseline, change, Design())


def test_changes_that_nobody_can_see_are_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        for_rates(0.5, 1e-7, Design())
    with pytest.raises(ValueError, match="too small"):
        for_means(1, 1e-8, Design())
    with pytest.raises(ValueError, match="deviation"):
        for_means(0, 1, Design())
