"""What a relay evaluates itself, by the SDK API and by OFREP, becomes attributes upstream: a sample, without values."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from evaluation.relay.observer import Observer
from evaluation.relay.questions import Question, reply_to
from tests.evaluation.relay.conftest import CLIENT, Served
from tests.evaluation.relay.said import SECRET

CONTEXT = {"targetingKey": "user-7", "plan": "premium"}


def told_by(relay: Any) -> list[dict[str, Any]]:
    Observer(relay.holdings).tell()
    return [json.loads(each.body) | {"kind": each.kind} for each in relay.holdings.batches.rest()]


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", "/api/v1/sdk/flags", "", {"context": CONTEXT}),
        ("GET", "/api/v1/sdk/flags", "targetingKey=user-7&plan=premium", None),
        ("POST", "/api/v1/sdk/flags/a", "", {"context": CONTEXT}),
        ("POST", "/ofrep/v1/evaluate/flags", "", {"context": CONTEXT, "more": 1}),
    ],
)
def test_contexts_of_questions_are_told_without_their_values(
    method: str, path: str, query: str, body: Any, served: Served
) -> None:
    said = b"" if body is None else json.dumps(body).encode()
    question = Question(method, path, query, {"x-api-key": CLIENT}, said, datetime.now(UTC))
    assert reply_to(question, served.relay.holdings).status in (200, 404)

    [batch] = told_by(served.relay)

    [context] = batch["contexts"]
    assert (batch["kind"], batch["sdk"]) == ("client", {"name": "flagforge-relay"})
    assert context["_meta"]["named"] == {"targetingKey": "string"}
    assert context["_meta"]["hashed"].keys() == {"plan"}
    assert "premium" not in json.dumps(batch)


def test_rules_that_are_fetched_are_nobodys_context(served: Served) -> None:
    question = Question("GET", "/api/v1/sdk/ruleset", "", {"x-api-key": SECRET}, b"", datetime.now(UTC))
    assert reply_to(question, served.relay.holdings).status == 200

    assert told_by(served.relay) == []
