"""Which flags must be evaluated again when a ruleset changes, and when time goes by."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from evaluation.core.canonical import canonical
from evaluation.core.context import context_from
from evaluation.core.dependents import affected, clocked
from evaluation.core.evaluate import evaluate_all
from evaluation.core.manifest import read_manifest
from evaluation.core.model import Ruleset
from evaluation.wire.entries import keyed_entry
from tests.evaluation.core.worlds import Document, World

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
PLAIN = {"type": "boolean", "variants": {"on": True, "off": False}, "enabled": True, "fallthrough": {"variant": "on"}}


def ruleset(flags: Document, segments: Document | None = None, before: Ruleset | None = None) -> Ruleset:
    document = {"format": 1, "environment": "e", "version": 1, "flags": flags, "segments": segments or {}}
    return read_manifest(canonical(document), before=before)


def a_flag(**members: Any) -> Document:
    return PLAIN | members


def asking(condition: Document) -> Document:
    return a_flag(rules=[{"id": "r", "if": condition, "serve": {"variant": "off"}}])


SEGMENTS = {
    "inner": {"included": ["a"], "excluded": [], "rules": []},
    "outer": {"included": [], "excluded": [], "rules": [{"segment": "inner"}]},
}
FLAGS = {
    "alone": a_flag(),
    "by-segment": asking({"segment": "outer"}),
    "by-flag": a_flag(prerequisites={"flag": "by-segment", "variants": ["on"]}),
    "by-both": a_flag(prerequisites={"all": [{"flag": "by-flag", "variants": ["on"]}]}),
}


def test_nothing_is_affected_where_nothing_changed() -> None:
    assert affected(ruleset(FLAGS, SEGMENTS), ruleset(FLAGS, SEGMENTS)) == set()


def test_a_flag_that_nobody_asks_for_is_affected_alone() -> None:
    after = FLAGS | {"alone": a_flag(enabled=False)}

    assert affected(ruleset(FLAGS, SEGMENTS), ruleset(after, SEGMENTS)) == {"alone"}


def test_whoever_asks_for_what_changed_is_affected_too() -> None:
    inner = {"included": ["b"], "excluded": [], "rules": []}

    found = affected(ruleset(FLAGS, SEGMENTS), ruleset(FLAGS, SEGMENTS | {"inner": inner}))

    assert found == {"by-segment", "by-flag", "by-both"}


@pytest.mark.parametrize("gone", ["by-segment", "by-flag"])
def test_what_comes_and_goes_affects_whoever_asks_for_it(gone: str) -> None:
    whole, rest = ruleset(FLAGS, SEGMENTS), ruleset({k: flag for k, flag in FLAGS.items() if k != gone}, SEGMENTS)

    assert affected(whole, rest) == affected(rest, whole)
    assert (
        affected(whole, rest)
        == {"by-segment": {"by-segment", "by-flag", "by-both"}, "by-flag": {"by-flag", "by-both"}}[gone]
    )


def test_time_affects_whoever_reads_the_clock_through_others() -> None:
    late = {"attribute": "now", "op": "after", "values": ["2026-11-21T10:00:00Z"]}
    inner = {"included": [], "excluded": [], "rules": [late]}

    assert clocked(ruleset(FLAGS, SEGMENTS | {"inner": inner})) == {"by-segment", "by-flag", "by-both"}
    assert clocked(ruleset(FLAGS, SEGMENTS)) == set()


def mixed(world: World, before: Document) -> Document:
    """The manifest with some of its parts taken from elsewhere, or away."""
    other = world.manifest()
    after: Document = {**before, "version": 2}
    for part in ("flags", "segments"):
        after[part] = {k: other[part][k] if world.chance(0.3) else each for k, each in before[part].items()}
        after[part] = {k: each for k, each in after[part].items() if not world.chance(0.1)}
    return after


def entries(ruleset: Ruleset, context: Document, now: datetime, *, client: bool) -> dict[str, bytes]:
    answers = evaluate_all(ruleset, context_from(context), now, client=client)
    return {answer.key: keyed_entry(answer) for answer in answers}


@pytest.mark.parametrize("seed", range(20))
def test_what_is_not_affected_answers_as_before(seed: int) -> None:
    world = World(seed)
    for _ in range(20):
        document = world.manifest()
        before = read_manifest(canonical(document))
        after = read_manifest(canonical(mixed(world, document)), before=before if world.chance(0.5) else None)
        known = affected(before, after)
        for _ in range(5):
            context, client = world.context(), world.chance(0.5)
            was, now = (entries(each, context, NOW, client=client) for each in (before, after))
            assert {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)} <= known


@pytest.mark.parametrize("seed", range(20))
def test_what_reads_no_clock_answers_the_same_at_any_time(seed: int) -> None:
    world, moments = World(seed), Random(seed)
    for _ in range(20):
        ruleset = read_manifest(canonical(world.manifest()))
        known = clocked(ruleset)
        for _ in range(5):
            context = world.context()
            later = NOW + timedelta(days=moments.randrange(-9, 9))
            was, now = (entries(ruleset, context, moment, client=False) for moment in (NOW, later))
            assert {key for key in was if was[key] != now[key]} <= known
