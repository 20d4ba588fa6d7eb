"""With a client key the server evaluates; the answers are kept by context, and asked for anew behind."""

import time
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.sdk import values as held_values
from evaluation.sdk.client import Client
from evaluation.sdk.lifetime import Lifetime
from evaluation.sdk.values import Values
from tests.evaluation.sdk.conftest import Connect, until
from tests.evaluation.sdk.edge import CLIENT_KEY, Edge, a_flag

IN_INDIA = {"attribute": "country", "op": "in", "values": ["IN"], "negate": False, "ignore_case": False}
BY_COUNTRY = a_flag(
    variants={"on": True, "off": False},
    fallthrough={"variant": "off"},
    rules=[{"id": "r1", "if": IN_INDIA, "serve": {"variant": "on"}}],
)
ALICE, BOB = {"targetingKey": "alice", "country": "IN"}, {"targetingKey": "bob", "country": "LV"}


@pytest.fixture
def remote(edge: Edge, connect: Connect) -> Client:
    edge.publish(checkout=BY_COUNTRY, hidden=a_flag(client_visible=False), limit=a_flag(10, value_type="integer"))
    client = connect(sdk_key=CLIENT_KEY, mode="remote", context=ALICE, polling_seconds=0.2)
    assert client.wait_until_ready(10)
    return client


def test_the_context_that_it_was_made_for_is_answered_as_the_server_does(remote: Client) -> None:
    details = remote.boolean_details("checkout", False, ALICE)

    assert (details.value, details.variant, details.reason) == (True, "on", "TARGETING_MATCH")
    assert remote.integer_value("limit", 0, ALICE) == 10
    assert remote.all_flags(ALICE) == {"checkout": True, "limit": 10}
    assert remote.boolean_details("hidden", False, ALICE).error_code == "FLAG_NOT_FOUND"
    assert (remote.version, remote.state) == (2, "fresh")


def test_another_context_is_asked_for_behind_or_prepared(remote: Client) -> None:
    assert remote.boolean_details("checkout", True, BOB).error_code == "PROVIDER_NOT_READY"
    until(lambda: remote.boolean_details("checkout", True, BOB).error_code is None)
    assert remote.boolean_value("checkout", True, BOB) is False

    assert remote.prepare({**ALICE, "targetingKey": "carol"})
    assert remote.boolean_value("checkout", False, {**ALICE, "targetingKey": "carol"}) is True


def test_a_change_is_heard_with_the_next_look(edge: Edge, remote: Client) -> None:
    heard: list[frozenset[str]] = []
    remote.on_change(heard.append)

    edge.publish(checkout=a_flag(False), limit=a_flag(10, value_type="integer"))

    until(lambda: remote.boolean_value("checkout", True, ALICE) is False)
    until(lambda: heard == [{"checkout"}])


def test_while_the_server_is_away_old_answers_are_used(edge: Edge, remote: Client) -> None:
    said: list[str] = []
    remote.on_state(said.append)
    edge.stop()

    until(lambda: remote.state == "expired" and remote.trouble != "", 30)

    assert remote.boolean_value("checkout", False, ALICE) is True
    assert remote.cache_stats()["expired"] >= 1
    edge.start()
    until(lambda: remote.state == "fresh" and said[-1:] == ["fresh"], 30)
    assert "expired" in said


def test_evaluations_are_counted(remote: Client) -> None:
    for _ in range(10):
        remote.boolean_value("checkout", False, ALICE)
        remote.boolean_value("unknown", False, ALICE)

    stats = remote.cache_stats()

    assert (stats["fresh"] + stats["stale"], stats["miss"]) == (10, 10)


def test_a_revoked_key_ends_the_news_and_nothing_else(edge: Edge, remote: Client) -> None:
    edge.revoke()

    until(lambda: "refuses this API key" in remote.trouble)
    assert remote.boolean_value("checkout", False, ALICE) is True


@pytest.mark.parametrize("context", [7, {"at": object()}, {"n": float("nan")}, {1: 2}])
def test_whatever_is_asked_nothing_is_raised(context: Any, remote: Client) -> None:
    assert remote.boolean_value("checkout", True, context) is True
    assert remote.prepare(context, timeout=0) in (True, False)
    assert remote.boolean_value(None, True, ALICE) is True  # type: ignore[arg-type]

    until(lambda: remote.boolean_value("checkout", False, {**ALICE, "targetingKey": "dora"}) is True)


def answered(values: Values, name: str, *, on: bool = True) -> None:
    entry = {"value": on, "variant": "on", "reason": "STATIC", "version": 1, "metadata": {}}
    values.take(context_from({"targetingKey": name}), {"version": 1, "flags": {"checkout": entry}}, '"e"', "c")


def test_only_so_many_contexts_are_kept_and_those_that_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_values, "MOST_CONTEXTS", 3)
    values = Values(context_from({}), Lifetime(30, 300), lambda: None)
    for name in ("a", "b", "c"):
        answered(values, name)
    values.answer("checkout", {"targetingKey": "a"})

    answered(values, "d")

    kept = [name for name in "abcd" if values.held_for(context_from({"targetingKey": name}))]
    assert kept == ["a", "c", "d"]


def test_what_expired_is_not_used_beside_a_server_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    values = Values(context_from({}), Lifetime(1, 2), lambda: None)
    answered(values, "a")
    later = time.monotonic() + 10
    monkeypatch.setattr(held_values, "monotonic", lambda: later)

    assert str(values.answer("checkout", {"targetingKey": "a"}).error_code) == "PROVIDER_NOT_READY"
    values.is_failing = True
    assert values.answer("checkout", {"targetingKey": "a"}).value is True


def test_equal_answers_are_one_object_whoever_gets_them() -> None:
    values = Values(context_from({}), Lifetime(30, 300), lambda: None)
    answered(values, "a")
    answered(values, "b")

    assert values.answer("checkout", {"targetingKey": "a"}) is values.answer("checkout", {"targetingKey": "b"})


def test_waiting_for_what_never_comes_ends(connect: Connect) -> None:
    client = connect(sdk_key=CLIENT_KEY, mode="remote", base_url="http://127.0.0.1:9")

    assert not client.prepare(ALICE, timeout=0.1)
