"""Every refusal of the SDK API: a clear problem, readable from a page of any origin."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment
from tests.evaluation.api.conftest import Ask
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def published(a_flag: MakeFlag, development: Environment, publish: Callable[[], int]) -> None:
    a_flag("checkout", development, enabled=True)
    publish()


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    document: dict[str, Any] = json.loads(answer.content)
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document


@pytest.mark.parametrize("path", ["flags", "flags/checkout", "ruleset"])
def test_without_a_key_nothing_is_answered(path: str, ask: Ask) -> None:
    answer = ask(path)

    assert "X-API-Key" in problem_of(answer, 401)["detail"]
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("key", ["nonsense", "ff_server_" + "x" * 43, "Basic dXNlcjpwYXNz", "\u0926"])
def test_a_key_that_does_not_work_is_refused(key: str, ask: Ask) -> None:
    problem_of(ask("flags", key=key), 401)


def test_a_revoked_key_is_refused(ask: Ask, server_key: str, system: Actor) -> None:
    services.revoke_api_key(ApiKey.objects.get(kind="server"), actor=system)

    problem_of(ask("flags", key=server_key), 401)


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("flags", "token_key", "client or server key; a token key came"),
        ("flags", "relay_key", "client or server key; a relay key came"),
        ("flags/checkout", "token_key", "client or server"),
        ("ruleset", "client_key", "server or relay key; a client key came"),
        ("ruleset", "token_key", "server or relay"),
    ],
)
def test_the_wrong_kind_of_key_is_named(
    path: str, kind: str, said: str, ask: Ask, request: pytest.FixtureRequest
) -> None:
    answer = ask(path, key=request.getfixturevalue(kind))

    assert said in problem_of(answer, 403)["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"\x00", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"context": 5}', "context: must be a JSON object"),
        (b'{"context": {"a": 1, "a": 2}}', "given twice"),
        (b'{"context": {"a": 1e999}}', "1e999"),
        (b'{"context": {"a": Infinity}}', "Infinity"),
        (b'{"context":' + b'{"a":' * 5000 + b"1" + b"}" * 5001, "nested deeper"),
        (b'{"context": {}} x', "not JSON"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(body: bytes, said: str, ask: Ask, server_key: str) -> None:
    assert said in problem_of(ask("flags", key=server_key, body=body), 400)["detail"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("context=%7B%7D&country=IN", "Give the context once"),
        ("context=%7B", "context: not JSON"),
        ("context=5", "context: must be a JSON object"),
        ("a=%FF", "not UTF-8"),
        ("&".join(f"a{n}=1" for n in range(300)), "more than 200 fields"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_in_words(
    query: str, said: str, client: Client, server_key: str
) -> None:
    answer = client.get(f"/api/v1/sdk/flags?{query}", headers={"X-API-Key": server_key})

    assert said in problem_of(answer, 400)["detail"]


@pytest.mark.parametrize("size", [1_000_001, 10_000_000])
def test_a_large_body_is_refused(size: int, ask: Ask, server_key: str) -> None:
    assert "1,000,000 bytes" in problem_of(ask("flags", key=server_key, body=b" " * size), 413)["detail"]


@pytest.mark.parametrize(
    "context",
    [
        {"targetingKey": None},
        {"targetingKey": {"a": 1}},
        {"targetingKey": "\ud800"},
        {"targetingKey": "a\u0000b"},
        {"n": 2**70},
        {"x" * 10_000: ["y"] * 1000},
        {"": ""},
        {"now": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_strange_context_is_answered_all_the_same(context: dict[str, Any], ask: Ask, server_key: str) -> None:
    answer = ask("flags", key=server_key, body=json.dumps({"context": context}).encode())

    assert answer.status_code == 200
    assert answer.json()["flags"]["checkout"]["value"] is True


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("put", "flags", "GET, POST, HEAD, OPTIONS"),
        ("delete", "flags/checkout", "GET, POST"),
        ("post", "ruleset", "GET"),
    ],
)
def test_another_method_is_told_which_ones_there_are(
    method: str, path: str, allowed: str, client: Client, server_key: str
) -> None:
    answer = getattr(client, method)(f"/api/v1/sdk/{path}", headers={"X-API-Key": server_key})

    problem_of(answer, 405)
    assert set(allowed.split(", ")) <= set(answer["Allow"].split(", "))


def test_another_address_is_a_problem_too(ask: Ask, server_key: str) -> None:
    problem_of(ask("flagz", key=server_key), 404)


@pytest.mark.parametrize("path", ["flags", "flags/checkout", "ruleset"])
def test_a_preflight_needs_no_key(path: str, client: Client) -> None:
    answer = client.options(f"/api/v1/sdk/{path}", headers={"Origin": "https://shop.example"})

    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "X-API-Key" in answer["Access-Control-Allow-Headers"]
    assert answer["Access-Control-Max-Age"] == "7200"


def test_an_answer_exposes_what_a_page_needs(ask: Ask, server_key: str) -> None:
    exposed = ask("flags", key=server_key)["Access-Control-Expose-Headers"]

    assert {"ETag", "Retry-After"} <= {name.strip() for name in exposed.split(",")}
