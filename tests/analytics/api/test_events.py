"""Telemetry comes in: one row a batch, twice the same answer, and nothing from where it may not come."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.models import TelemetryBatch
from evaluation.manifest import keyring
from evaluation.stream import service
from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Organization
from tests.evaluation.api.test_refusals import problem_of

pytestmark = pytest.mark.django_db(transaction=True)

AT = "2026-11-21T10:00:00Z"
BATCH: dict[str, Any] = {
    "batch": "01JDEMO",
    "sdk": {"name": "flagforge-python"},
    "from": AT,
    "to": AT,
    "counts": [{"flag": "checkout", "variant": "on", "reason": "SPLIT", "version": 7, "n": 3}],
    "events": [{"event": "purchase", "subject": "user-7", "value": "much", "at": AT}],
}
ANSWER = {"accepted": 1, "rejected": [{"path": "events[0].value", "message": "must be a number"}]}

Send = Callable[..., Any]


@pytest.fixture
def send(client: Client) -> Send:
    """`send(key)` posts BATCH; `send(key, body, environment=…)` another body, with fields in the query."""

    def post(api_key: str = "", body: Any = BATCH, /, *, content_type: str = "application/json", **query: str) -> Any:
        address = "/api/v1/sdk/events?" + "&".join(f"{name}={value}" for name, value in query.items())
        headers = {"X-API-Key": api_key} if api_key else {}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.generic("POST", address, content, content_type=content_type, headers=headers)

    return post


@pytest.mark.parametrize("kind", ["client", "server"])
def test_a_batch_is_kept_for_the_environment_of_its_key(
    kind: str, send: Send, development: Environment, request: pytest.FixtureRequest
) -> None:
    answer = send(request.getfixturevalue(f"{kind}_key"))

    assert (answer.status_code, answer.json()) == (202, ANSWER)
    row = TelemetryBatch.objects.get()
    assert (row.environment, row.organization, row.batch) == (development, development.organization, "01JDEMO")
    assert row.key_kind == kind
    assert row.document == {name: BATCH[name] for name in ("batch", "sdk", "from", "to", "counts")}


def test_the_same_batch_again_gets_the_same_answer_and_no_second_row(send: Send, server_key: str) -> None:
    first, second = send(server_key), send(server_key)

    assert second.status_code == first.status_code == 202
    assert second.content == first.content
    assert TelemetryBatch.objects.count() == 1


def test_another_environment_may_use_the_same_id(
    send: Send, development: Environment, production: Environment, system: Actor
) -> None:
    for environment in (development, production):
        assert (
            send(services.create_api_key(kind="server", scope=environment, name="x", actor=system)[1]).status_code
            == 202
        )

    assert TelemetryBatch.objects.count() == 2


def test_a_batch_is_one_inserted_row_and_nothing_else(send: Send, server_key: str) -> None:
    send(server_key)

    with CaptureQueriesContext(connection) as captured:
        answer = send(server_key, BATCH | {"batch": "next"})

    assert answer.status_code == 202
    asked = [query["sql"] for query in captured if not query["sql"].startswith(("BEGIN", "COMMIT"))]
    assert len(asked) == 1
    assert asked[0].startswith("INSERT")


def test_a_page_that_is_left_sends_a_client_key_in_the_address_and_plain_text(send: Send, client_key: str) -> None:
    answer = send(content_type="text/plain;charset=UTF-8", key=client_key)

    assert answer.status_code == 202
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_a_secret_key_in_the_address_is_refused(send: Send, server_key: str) -> None:
    assert problem_of(send(key=server_key), 403)["type"] == "/problems/secret-key-in-url"


def test_a_relay_sends_for_an_environment_below_it(send: Send, relay_key: str, development: Environment) -> None:
    assert send(relay_key, environment=development.id, kind="client").json() == ANSWER
    assert TelemetryBatch.objects.get().key_kind == "client"


def test_a_relay_sends_for_no_other_environment(
    send: Send, relay_key: str, globex: Organization, system: Actor
) -> None:
    bank = services.create_project(globex, key="bank", name="Bank", actor=system)
    theirs = services.create_environment(bank, key="live", name="Live", actor=system)

    for named in (theirs.id, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "nonsense"):
        assert "below this relay key" in problem_of(send(relay_key, environment=named), 404)["detail"]
    assert not TelemetryBatch.objects.exists()


def test_a_relay_key_must_name_an_environment_and_may_name_the_kind_of_key(
    send: Send, relay_key: str, development: Environment
) -> None:
    assert "environment:" in problem_of(send(relay_key), 400)["detail"]
    assert "kind:" in problem_of(send(relay_key, environment=development.id, kind="token"), 400)["detail"]


@pytest.mark.parametrize(
    ("kind", "sdk", "counted"),
    [
        ("server", {"instance": "web-3"}, {"42": 1}),
        ("server", {"instance": "web-3", "mode": "polling"}, {"42": 1}),
        ("server", {"instance": "web-3", "mode": "streaming"}, {}),  # counted by its stream
        ("server", {}, {}),  # who cannot be told apart cannot be counted
        ("client", {"instance": "web-3"}, {}),  # anybody may have the key
    ],
)
def test_an_instance_without_a_stream_counts_by_the_version_that_it_tells(
    kind: str,
    sdk: dict[str, str],
    counted: dict[str, int],
    send: Send,
    development: Environment,
    request: pytest.FixtureRequest,
) -> None:
    send(request.getfixturevalue(f"{kind}_key"), BATCH | {"manifest": 42, "sdk": {"name": "x"} | sdk})

    assert service.reach.seen(development.id)["instances"] == counted


def test_without_a_key_and_with_the_wrong_kind_nothing_is_kept(send: Send, token_key: str) -> None:
    problem_of(send(), 401)
    problem_of(send(f"ff_server_{'x' * 43}"), 401)
    problem_of(send(token_key), 403)
    assert not TelemetryBatch.objects.exists()


def test_a_revoked_key_is_refused(send: Send, server_key: str, system: Actor) -> None:
    send(server_key)
    services.revoke_api_key(ApiKey.objects.get(kind="server"), actor=system)
    keyring.reconcile()

    problem_of(send(server_key), 401)


def test_what_is_wrong_around_the_items_is_named_by_its_path(send: Send, server_key: str) -> None:
    refused = problem_of(send(server_key, {"batch": "x", "sdk": {"name": "y"}, "from": AT}), 400)

    assert refused["errors"] == [{"path": "to", "message": "is missing"}]
    problem_of(send(server_key, b"{"), 400)
    assert not TelemetryBatch.objects.exists()


def test_a_body_beyond_a_megabyte_is_refused(send: Send, server_key: str) -> None:
    problem_of(send(server_key, b" " * 1_000_001), 413)


def test_another_method_is_refused_and_a_preflight_needs_no_key(client: Client, server_key: str) -> None:
    problem_of(client.get("/api/v1/sdk/events", headers={"X-API-Key": server_key}), 405)
    preflight = client.options("/api/v1/sdk/events", headers={"Origin": "https://shop.example"})
    assert preflight.status_code == 204
    assert "POST" in preflight["Access-Control-Allow-Methods"]


def test_while_the_database_is_away_the_sender_is_told_to_come_back(send: Send, server_key: str) -> None:
    send(server_key)

    def away(*arguments: Any, **named: Any) -> None:
        raise DatabaseError("away")

    with connection.execute_wrapper(away):
        assert problem_of(send(server_key, BATCH | {"batch": "next"}), 503)["type"] == "/problems/out-of-reach"
