"""Odd bodies get a defined answer at every door that takes a context, however a flag looks at it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from evaluation.core.operators import OPERATORS
from tenants.models import Environment
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db(transaction=True)

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "bodies.json").read_text())["cases"]
DOORS = ["/api/v1/sdk/flags", "/api/v1/sdk/flags/judge", "/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/judge"]
SECONDS = 5  # of the processor, for some hundred conditions; a pattern that backtracks would take years

VALUES: dict[str, list[Any]] = {
    "matches": ["(a+)+$", "(a|a)*b", "^(9|99)*x"],
    "mod": [7, 3],
    "exists": [],
    "cidr": ["10.0.0.0/8"],
    "semver_range": ["^1.2"],
    "before": ["-1d"],
    "after": ["-1d"],
}


def condition(op: str, attribute: str) -> dict[str, Any]:
    usual = ["1.2.3"] if op.startswith("semver") else [5] if op in ("gt", "gte", "lt", "lte") else ["b"]
    return {"attribute": attribute, "op": op, "values": VALUES.get(op, usual)}


@pytest.fixture(autouse=True)
def published(a_flag: MakeFlag, development: Environment, publish: Callable[[], int]) -> None:
    """A flag that tries every operator on everything, and one that splits by everything."""
    tried = [condition(op, attribute) for op in OPERATORS for attribute in ("plan", "age", "targetingKey", "a")]
    # Each must be looked at: none decides by itself.
    nobody = {"any": [{"all": [each, {"not": each}]} for each in tried]}
    a_flag("judge", development, enabled=True, rules=[{"id": "r1", "if": nobody, "serve": {"variant": "off"}}])
    weights = {"on": 50, "off": 50}
    a_flag("by-age", development, enabled=True, fallthrough={"split": {"by": "age", "weights": weights}})
    a_flag("by-key", development, enabled=True, fallthrough={"split": {"weights": weights}})
    publish()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_an_odd_body_gets_its_answer_at_every_door(case: dict[str, Any], client: Client, server_key: str) -> None:
    body = "".join(text * times for text, times in case["body"]).encode()

    for door in DOORS:
        begun = time.process_time()
        answer = client.post(door, body, content_type="application/json", headers={"X-API-Key": server_key})
        assert answer.status_code == case["status"], (door, answer.content[:500])
        assert json.loads(answer.content)
        assert time.process_time() - begun < SECONDS, door
