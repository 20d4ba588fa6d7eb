"""The compiled ruleset says what the plain evaluator reads off the documents."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.core.deciding import decide
from evaluation.core.evaluate import evaluate, evaluate_all
from evaluation.core.manifest import ruleset_from
from evaluation.core.model import Scope
from tests.evaluation.core.plain import Plain
from tests.evaluation.core.test_vectors import ANY_TIME, CASES, manifest_of, shown
from tests.evaluation.core.worlds import World

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
CONTEXTS = 50  # for each manifest of five flags
# The plain evaluator takes every definition of a manifest for readable.
READABLE = [case for case in CASES if not ruleset_from(manifest_of(*case.values)).unreadable]


@pytest.mark.parametrize("seed", range(60))
def test_a_random_ruleset_agrees_with_the_plain_evaluator(seed: int) -> None:
    compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(start, start + 100) for start in range(1_000, 3_000, 100)], ids=str)
def test_a_hundred_thousand_random_pairs_agree_with_the_plain_evaluator(seeds: range) -> None:
    for seed in seeds:
        compare(seed)


def compare(seed: int) -> None:
    """One random manifest and fifty contexts; the seed tells everything that was drawn. Every way to decide says the same."""
    world = World(seed)
    manifest = world.manifest()
    ruleset = ruleset_from(manifest)
    assert not ruleset.unreadable, seed
    for number in range(CONTEXTS):
        context, client = world.context(), world.chance(0.3)
        plain = Plain(manifest, context, NOW, client=client)
        for answer in evaluate_all(ruleset, context_from(context), NOW, client=client):
            assert shown(answer) == plain.answer(answer.key), (seed, number, answer.key, context)
            assert answer is evaluate(ruleset, answer.key, context_from(context), NOW, client=client)
            flag, scope = ruleset.flags[answer.key], Scope(ruleset, context_from(context), NOW, client)
            assert answer is (flag.settled or decide(flag, scope)), (seed, number, answer.key, context)


@pytest.mark.parametrize(("case", "flag_defaults"), READABLE)
def test_the_plain_evaluator_agrees_with_the_vectors(case: dict[str, Any], flag_defaults: dict[str, Any]) -> None:
    manifest = manifest_of(case, flag_defaults)
    now = datetime.fromisoformat(case.get("now", ANY_TIME))
    client = case.get("client", False)

    found = Plain(manifest, case["context"], now, client=client).answer(case["flag"])

    assert found == shown(
        evaluate(ruleset_from(manifest), case["flag"], context_from(case["context"]), now, client=client)
    )
