"""The vectors, run through the core: from the manifest's bytes to the answer."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluation.core.canonical import canonical
from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate, evaluate_all
from evaluation.core.manifest import read_manifest
from evaluation.core.model import MISSING, Answer

VECTORS = Path(__file__).parents[2] / "vectors"
ANY_TIME = "2026-11-21T10:00:00Z"


def evaluation_cases() -> Iterator[Any]:
    for path in sorted(VECTORS.glob("*.json")):
        document = json.loads(path.read_text())
        for case in document["cases"]:
            if "expect" in case:
                yield pytest.param(case, document["flag_defaults"], id=f"{path.stem}: {case['name']}")


CASES = list(evaluation_cases())


@pytest.mark.parametrize(("case", "flag_defaults"), CASES)
def test_vector(case: dict[str, Any], flag_defaults: dict[str, Any]) -> None:
    ruleset = read_manifest(canonical(manifest_of(case, flag_defaults)))
    context = context_from(case["context"])
    now = datetime.fromisoformat(case.get("now", ANY_TIME))
    client = case.get("client", False)

    answer = evaluate(ruleset, case["flag"], context, now, client=client)
    among_all = {each.key: each for each in evaluate_all(ruleset, context, now, client=client)}

    assert shown(answer) == expected(case)
    assert same_type(answer.value, case["expect"].get("value", MISSING))
    assert among_all.get(case["flag"]) is (None if answer.error_code == "FLAG_NOT_FOUND" else answer)


def test_there_are_hundreds_of_vectors() -> None:
    names = [case.values[0]["name"] for case in CASES]

    assert len(names) >= 250
    assert len(set(names)) == len(names)


def manifest_of(case: dict[str, Any], flag_defaults: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": 1,
        "environment": "vectors",
        "version": 1,
        "issued": ANY_TIME,
        "flags": {key: {**flag_defaults, **members} for key, members in case["flags"].items()},
        "segments": case.get("segments", {}),
    }


def shown(answer: Answer) -> dict[str, Any]:
    outcome = {"reason": answer.reason} if answer.reason else {"errorCode": answer.error_code}
    value = {} if answer.value is MISSING else {"value": answer.value}
    return {**value, "variant": answer.variant, **outcome, "metadata": dict(answer.metadata)}


def expected(case: dict[str, Any]) -> dict[str, Any]:
    return dict(case["expect"])


def same_type(one: object, other: object) -> bool:
    """Python takes true for 1 and 1 for 1.0; an application does not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same_type(one[name], other[name]) for name in other)
    if isinstance(one, list) and isinstance(other, list):
        return all(map(same_type, one, other))
    return type(one) is type(other)
