"""What counts as evidence that a flag is stale, in numbers, and what does not. Without a database."""

from dataclasses import replace
from datetime import date

import pytest

from analytics.stale.evidence import Facts, Place, evidence_of, sureness
from analytics.stale.uses import Heard, Use
from flags.lifetimes import USUAL

TODAY = date(2026, 11, 27)
SPEAKING = Heard(range(37))


def use(**days: range) -> Use:
    """`use(on=range(3, 40))`: ten evaluations of each variant on each of these days."""
    made = Use()
    for variant, ago in days.items():
        for day in ago:
            made.take(day, variant, 10, counts=day < 30)
    return made


def place(name: str = "production", **facts: object) -> Place:
    usual = Place(name, True, SPEAKING, Use(), is_on=True, serves=None, unchanged=3)
    return replace(usual, **facts)  # type: ignore[arg-type]


def facts(*places: Place, kind: str = "release", age: int = 39) -> Facts:
    return Facts(kind, age, places, TODAY)


def kinds(told: Facts, **after: int) -> list[str]:
    return [each.kind for each in evidence_of(told, USUAL | after)]


def test_nobody_asked_for_it_where_telemetry_is_sent() -> None:
    (unused,) = evidence_of(facts(place(use=use(on=range(33, 37)))), USUAL)

    assert (unused.kind, unused.days, unused.limit, unused.since) == ("unused", 33, 30, date(2026, 10, 25))
    assert unused.says == "Not evaluated for 33 days in the environment that tells of evaluations."
    assert [(each.environment, each.last_day) for each in unused.witnesses] == [("production", date(2026, 10, 25))]


@pytest.mark.parametrize(
    "heard",
    [Heard(), Heard(range(29)), Heard((34, 35, 36)), Heard((0, *range(17, 37)))],
    ids=["nothing ever", "not for that long", "nothing since", "silent for half of it"],
)
def test_the_silence_of_an_application_that_sends_nothing_is_no_evidence(heard: Heard) -> None:
    assert kinds(facts(place(heard=heard))) == []


def test_an_environment_that_tells_nothing_is_named_and_halves_what_the_others_say() -> None:
    spoken, silent = place("staging", matters=False), place(heard=Heard())

    (unused,) = evidence_of(facts(spoken, silent), USUAL)

    assert (unused.weight, unused.silent) == (25, ("production",))


@pytest.mark.parametrize("last", [0, 29])
def test_who_asked_lately_anywhere_keeps_it(last: int) -> None:
    assert kinds(facts(place(), place("development", matters=False, use=use(on=range(last, last + 1))))) == []


def test_a_flag_that_is_younger_than_that_is_not_unused() -> None:
    assert kinds(facts(place(), age=29)) == []


def test_always_one_variant() -> None:
    (unvarying,) = evidence_of(facts(place(use=use(on=range(37)))), USUAL)

    assert (unvarying.kind, unvarying.days) == ("unvarying", 36)
    assert unvarying.says == "Always on for 36 days, in all of 300 evaluations of the last 30 days."
    assert [(each.evaluations, each.variant) for each in unvarying.witnesses] == [(300, "on")]


@pytest.mark.parametrize(
    "served",
    [
        use(on=range(37), off=range(29, 30)),
        use(on=range(29)),
        use(on=range(10, 37)),
    ],
    ids=["another one 29 days ago", "asked for since 28 days only", "not asked for lately"],
)
def test_not_always_one_variant(served: Use) -> None:
    assert kinds(facts(place(use=served))) == []


def test_another_variant_long_ago_counts_from_the_day_after() -> None:
    (unvarying,) = evidence_of(facts(place(use=use(on=range(32), off=range(31, 37)))), USUAL)

    assert unvarying.days == 30


def test_two_environments_that_matter_must_agree() -> None:
    other = place("europe", use=use(off=range(37)))

    assert kinds(facts(place(use=use(on=range(37))), other)) == []
    assert kinds(facts(place(use=use(on=range(37))), replace(other, matters=False))) == ["unvarying"]


def test_rolled_out_to_everybody_and_unchanged() -> None:
    (settled,) = evidence_of(facts(place(serves="on", unchanged=31, use=use(on=range(1)))), USUAL)

    assert settled.says == "Everybody gets on wherever it matters, unchanged for 31 days."


def test_off_everywhere_and_unchanged() -> None:
    off = place(is_on=False, serves="off", unchanged=35, use=use(off=range(1)))

    (settled,) = evidence_of(facts(off, replace(off, environment="staging", unchanged=31)), USUAL)

    assert settled.says == "Off everywhere, unchanged for 31 days."


@pytest.mark.parametrize(
    "changed", [{"unchanged": 29}, {"serves": None}, {"serves": "off"}, {"is_on": False, "serves": "off"}]
)
def test_not_settled(changed: dict[str, object]) -> None:
    settled = place(serves="on", unchanged=31, use=use(on=range(1)))
    other = replace(settled, environment="europe", **changed)  # type: ignore[arg-type]

    assert kinds(facts(settled, other)) == []


def test_past_the_lifetime_of_its_kind() -> None:
    used = place(use=use(on=range(1), off=range(1)))

    (expired,) = evidence_of(facts(used, age=41), USUAL)

    assert expired.says == "Made 41 days ago; a flag of the kind release is expected to live for 40."
    assert kinds(facts(used, kind="operational", age=8)) == ["expired"]
    assert kinds(facts(used, kind="permission", age=4000)) == []


def test_a_kill_switch_may_serve_one_variant_for_years_and_is_stale_when_nobody_asks() -> None:
    standing = place(serves="on", unchanged=400, use=use(on=range(37)))

    assert kinds(facts(standing, kind="kill-switch", age=400)) == []
    assert kinds(facts(replace(standing, use=Use()), kind="kill-switch", age=400)) == ["unused"]


def test_evidence_adds_up() -> None:
    told = facts(place(serves="on", unchanged=31), age=90)

    found = evidence_of(told, USUAL)

    assert [each.kind for each in found] == ["unused", "settled", "expired"]
    assert sureness(found) == 100


def test_thresholds_of_the_project_hold_and_0_turns_one_off() -> None:
    told = facts(place(serves="on", unchanged=31), age=90)

    assert kinds(told, unused=0, settled=32, release=91) == []
