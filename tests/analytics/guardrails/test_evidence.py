"""When a budget is broken: found soon whenever the fault begins, and a healthy variant is left alone, however often one looks."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.guardrails.evidence import Count, Finding, Points, Terms, evidence_document, find, part_of, stretches_of

ARMED = datetime(2026, 11, 27, 10, 0, 20, tzinfo=UTC)
FIRST = ARMED.replace(second=0)
NONE = Count()
Minutes = list[tuple[Count, Count]]


def terms(**given: object) -> Terms:
    return Terms(**({"armed_at": ARMED, "budget": 0.02, "alpha": 0.01, "min_sample": 20} | given))  # type: ignore[arg-type]


def found(minutes: Minutes, **given: object) -> Finding:
    return find({FIRST + timedelta(minutes=place): each for place, each in enumerate(minutes)}, terms(**given))


def ours(trials: int, failures: int) -> tuple[Count, Count]:
    return Count(trials, failures), NONE


def test_nothing_was_counted_yet() -> None:
    finding = found([])

    assert not finding.is_breach
    assert evidence_document(finding)["requests"] == 0


def test_what_keeps_its_budget_is_told_of_as_a_whole() -> None:
    finding = found([ours(1_000, 10), ours(1_000, 30)])

    assert not finding.is_breach
    assert finding.stretch.variant == Count(2_000, 40)


def test_a_fault_is_found_although_all_went_well_for_a_week() -> None:
    """And the evidence says since when: one test over the whole week would see nothing."""
    minutes = [ours(1_000, 5)] * (7 * 24 * 60) + [ours(40, 30)]

    finding = found(minutes)

    assert finding.is_breach
    assert finding.stretch.variant == Count(40, 30)
    assert finding.stretch.since == FIRST + timedelta(days=7)
    assert sum(each.failures for each, _ in minutes) / sum(each.trials for each, _ in minutes) < 0.006


def test_below_the_smallest_sample_nothing_is_said() -> None:
    assert not found([ours(19, 19)]).is_breach
    assert found([ours(20, 20)]).is_breach
    assert not found([ours(20, 20)], min_sample=21).is_breach


def test_with_a_control_a_bad_hour_of_both_is_nobodys_fault() -> None:
    both_fail = (Count(500, 300), Count(500, 310))
    one_fails = (Count(500, 300), Count(500, 30))

    assert not found([both_fail] * 10, is_compared=True, budget=0.2).is_breach
    finding = found([one_fails], is_compared=True, budget=0.2)
    assert finding.is_breach
    assert evidence_document(finding)["control"] == {"requests": 500, "failures": 30, "rate": 0.06}


def test_with_a_control_only_what_came_since_the_shares_changed_is_compared() -> None:
    """Ten times the traffic in an hour that is bad for both would look like a fault of the variant."""
    minutes = [(Count(100, 1), Count(900, 9)), (Count(900, 450), Count(100, 50))]

    assert found(minutes, is_compared=True, budget=0.2).is_breach
    assert not found(minutes, is_compared=True, budget=0.2, unmixed_since=FIRST + timedelta(seconds=30)).is_breach


@pytest.mark.parametrize(
    "given", [{}, {"is_compared": True, "budget": 0.2, "unmixed_since": ARMED.replace(minute=5, second=11)}]
)
def test_minutes_that_became_hours_are_weighed_as_they_were(given: dict[str, Any]) -> None:
    """The hour of the first minutes begins before the moment of arming; and not in every minute something was told."""
    armed = ARMED.replace(minute=5)
    minutes = {armed.replace(second=0) + timedelta(minutes=3 * place): ours(10, place % 2) for place in range(80)}
    hours: dict[datetime, tuple[Count, Count]] = {}
    for start, (variant, control) in minutes.items():
        before = hours.get(start.replace(minute=0), (NONE, NONE))
        hours[start.replace(minute=0)] = before[0] + variant, before[1] + control

    def weighed(points: Points) -> list[tuple[Count, float]]:
        return [(each.variant, each.alpha) for each in stretches_of(points, terms(armed_at=armed, **given))]

    assert len(weighed(hours)) == 5
    assert set(weighed(hours)) <= set(weighed(minutes))
    assert weighed(hours)[-1] == weighed(minutes)[-1] == (Count(800, 40), 0.005)
    assert find(hours, terms(armed_at=armed)).is_breach


def test_the_parts_of_alpha_add_up_to_no_more_than_alpha() -> None:
    assert sum(map(part_of, range(200_000))) == pytest.approx(1, abs=1e-5)


def test_a_number_that_is_no_json_does_not_get_out() -> None:
    assert evidence_document(found([ours(10**6, 10**6)]))["e_value"] == 1e300


# Watches over a variant that fails exactly as often as it may: each alarm is a wrong one.

BUDGET, A_MINUTE = 0.05, 40


def healthy(rng: random.Random, minutes: int) -> Iterator[Count]:
    for _ in range(minutes):
        yield Count(A_MINUTE, sum(rng.random() < BUDGET for _ in range(A_MINUTE)))


def wrong_alarms(watches: int, minutes: int, alpha: float) -> tuple[float, float]:
    """The shares of watches with an alarm at any look, one a minute: by our test, and by one that was made for a single look."""
    from scipy.stats import binom

    rng, ours_alarmed, naive_alarmed = random.Random(17), 0, 0
    for _ in range(watches):
        points: dict[datetime, tuple[Count, Count]] = {}
        whole, is_breach, is_naive = Count(), False, False
        for place, count in enumerate(healthy(rng, minutes)):
            points[FIRST + timedelta(minutes=place)] = count, NONE
            whole += count
            is_breach = is_breach or find(points, terms(budget=BUDGET, alpha=alpha)).is_breach
            is_naive = is_naive or bool(binom.sf(whole.failures - 1, whole.trials, BUDGET) < alpha)
        ours_alarmed, naive_alarmed = ours_alarmed + is_breach, naive_alarmed + is_naive
    return ours_alarmed / watches, naive_alarmed / watches


def test_a_healthy_variant_is_left_alone_although_it_is_looked_at_every_minute() -> None:
    mine, naive = wrong_alarms(watches=40, minutes=40, alpha=0.1)

    assert mine <= 0.1
    assert naive > 0.15


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_of_hundreds_of_healthy_watches_no_more_than_promised_end_in_an_alarm() -> None:
    mine, naive = wrong_alarms(watches=500, minutes=120, alpha=0.05)

    assert mine <= 0.05
    assert naive > 0.15
