"""What the same attributes settle is kept for whoever says them next; nobody gets another answer for it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest

from evaluation.core.compile import alike
from evaluation.core.compile.alike import looks_of
from evaluation.core.context import Context, context_from, context_from_query, reader
from evaluation.core.evaluate import evaluate, evaluate_all, write_all
from evaluation.core.model import Answer, Flag, Ruleset, Scope, Split
from evaluation.wire.entries import ENTRY, keyed_entry
from tests.evaluation.core.test_shapes import is_in, rule, share

Document = dict[str, Any]
Build = Callable[..., Document]
Read = Callable[..., Ruleset]
THIRDS = [["on", 0, 30_000], ["off", 30_000, 60_000], ["on", 60_000, 100_000]]


def drawing(ranges: list[list[Any]]) -> Document:
    return {"split": {**share("third")["split"], "ranges": ranges}}


@pytest.fixture
def rules(ruleset: Read, flag: Build) -> Ruleset:
    """Flags that are decided by a plan and a country, one of them by drawing one of three."""
    return ruleset(
        {
            "draws": flag(rules=[{**rule(is_in("pro", "1")), "serve": share()}]),
            "off": flag(enabled=False),
            "other": flag(rules=[rule(is_in("LV", attribute="country")), rule(is_in("pro"), "off")]),
            "serves": flag(rules=[rule({"attribute": "plan", "op": "starts_with", "values": ["p"]})]),
            "thirds": flag(fallthrough=drawing(THIRDS), rules=[rule(is_in("free"))]),
        }
    )


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of flags whose rules were looked at for all who say the same."""
    keys: list[str] = []
    outcome = alike._outcome

    def noted(flag: Flag, scope: Scope) -> Answer | Split:
        keys.append(flag.key)
        return outcome(flag, scope)

    monkeypatch.setattr(alike, "_outcome", noted)
    return keys


def check(rules: Ruleset, contexts: Iterable[Context], now: datetime) -> None:
    """Whoever asks for all flags gets what they get for each."""
    for context in contexts:
        expected: list[Answer] = [evaluate(rules, key, context, now) for key in rules.flags]
        assert evaluate_all(rules, context, now) == expected, context
        assert write_all(rules, context, now, ENTRY) == list(map(keyed_entry, expected)), context


def test_the_rules_are_looked_at_once_for_all_who_say_the_same(
    rules: Ruleset, decided: list[str], now: datetime
) -> None:
    people = [context_from({"targetingKey": f"u{number}", "plan": "pro", "shoe": number}) for number in range(100)]

    check(rules, people, now)

    assert sorted(decided) == sorted(["draws", "other", "serves", "thirds"] * 2)  # and for their bytes
    assert {evaluate(rules, "draws", person, now).variant for person in people} == {"on", "off"}


def test_whoever_says_something_else_gets_something_else(rules: Ruleset, now: datetime) -> None:
    plans = ["pro", "free", None, "", "ß", "\ud800"]

    check(rules, [context_from({"targetingKey": "u", "plan": plan}) for plan in plans * 2], now)


def test_only_short_texts_are_kept(rules: Ruleset, decided: list[str], now: datetime) -> None:
    odd: list[object] = [1, 1.0, True, ["pro"], {"a": "pro"}, "p" * 101]
    in_a_query = [context_from_query([("targetingKey", "u"), ("plan", "1")])]

    check(rules, [context_from({"targetingKey": "u", "plan": each}) for each in odd] + in_a_query, now)

    assert decided == []


def test_nobody_in_particular_draws_nothing(rules: Ruleset, now: datetime) -> None:
    check(rules, [context_from({"plan": "pro"}), context_from({"targetingKey": "u", "plan": "pro"})] * 2, now)


def test_no_more_is_kept_than_has_room(
    rules: Ruleset, decided: list[str], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alike, "MOST_KEPT", 2)

    check(rules, [context_from({"targetingKey": "u", "plan": f"p{number}"}) for number in range(9)], now)

    assert decided.count("serves") == 4  # and for their bytes


@pytest.mark.parametrize(
    ("other", "looks"),
    [
        ({"rules": [rule(is_in("pro"))]}, {reader("plan")}),
        (
            {"rules": [rule({"any": [is_in("a", attribute="x.y"), {"all": [is_in("b")]}]})]},
            {reader("x.y"), reader("plan")},
        ),
        ({"rules": [{**rule(is_in("pro")), "if": None}], "fallthrough": share()}, set()),
        ({"rules": [rule({"segment": "staff"})]}, None),
        ({"rules": [rule({"attribute": "born", "op": "before", "values": ["-1d"]})]}, None),
        ({"rules": [rule(is_in("pro"))], "targets": [{"variant": "on", "values": ["u1"]}]}, None),
        ({"rules": [rule(is_in("pro"))], "prerequisites": {"flag": "a", "variants": ["on"]}}, None),
        ({"fallthrough": {"split": {**share()["split"], "by": "company"}}}, None),
        ({"rules": [{**rule(is_in("x")), "serve": drawing([["on", 0, 9], [None, 9, 100_000]])}]}, None),
    ],
)
def test_what_a_flag_looks_at(ruleset: Read, flag: Build, other: Document, looks: set[Any] | None) -> None:
    rules = ruleset({"a": flag(), "b": flag(**other)}, segments={"staff": {"rules": [], "included": ["u"]}})

    assert looks_of(rules.flags["b"]) == looks
