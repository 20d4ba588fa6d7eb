"""With a client key changes of the own context come by a stream, and where that is not let through by the next best way."""

from collections.abc import Mapping
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.relay import streams
from evaluation.sdk.client import Client
from evaluation.sdk.hearing.followed import LONGEST_QUERY, FollowedValues
from evaluation.sdk.lifetime import Lifetime
from evaluation.sdk.rules import Doubt
from evaluation.sdk.values import Values
from tests.evaluation.sdk.conftest import Between, Connect, until
from tests.evaluation.sdk.edge import CLIENT_KEY, Edge, a_flag
from tests.evaluation.sdk.proxy import Proxy

ALICE = {"targetingKey": "alice", "country": "IN & more"}
REMOTE = {"sdk_key": CLIENT_KEY, "mode": "remote", "context": ALICE}

pytestmark = pytest.mark.usefixtures("hasty")


def is_on(client: Client) -> bool:
    return client.boolean_value("checkout", False, ALICE)


def changes(edge: Edge, client: Client) -> None:
    """Fails unless the client hears of the next change, long before values are polled."""
    turned = not edge.document["flags"]["checkout"]["variants"]["on"]
    edge.publish(checkout=a_flag(turned), secret=a_flag(turned, client_visible=False))
    until(lambda: is_on(client) is turned, 20)


def asked(proxy: Proxy, path: str) -> list[str]:
    return [head for head in proxy.requests if f" /api/v1/sdk/{path}" in head]


def test_a_change_comes_by_the_stream(edge: Edge, between: Between, connect: Connect) -> None:
    proxy = between("passes")
    client = connect(base_url=proxy.url, **REMOTE)
    heard: list[frozenset[str]] = []
    client.wait_until_ready(10)
    client.on_change(heard.append)
    until(lambda: client.way == "streaming" and asked(proxy, "stream") != [])

    changes(edge, client)
    changes(edge, client)

    assert heard == [{"checkout"}, {"checkout"}]
    assert (client.version, client.state, client.trouble) == (3, "fresh", "")
    assert client.boolean_details("secret", False, ALICE).error_code == "FLAG_NOT_FOUND"
    assert len(asked(proxy, "flags")) == 1


def test_a_flag_that_goes_is_gone(edge: Edge, connect: Connect) -> None:
    client = connect(**REMOTE)
    client.wait_until_ready(10)

    edge.publish(other=a_flag())

    until(lambda: client.boolean_details("checkout", False, ALICE).error_code == "FLAG_NOT_FOUND")
    assert client.all_flags(ALICE) == {"other": True}


def test_while_the_stream_is_alive_nothing_is_polled_and_the_values_stay_fresh(
    edge: Edge, between: Between, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.1)
    edge.stop()
    edge.start()
    proxy = between("passes")
    client = connect(base_url=proxy.url, polling_seconds=0.5, **REMOTE)
    client.wait_until_ready(10)
    until(lambda: asked(proxy, "stream") != [])
    states: list[str] = []
    client.on_state(states.append)

    changes(edge, client)
    held = client._values.held_for(context_from(ALICE)) if client._values else None
    assert held is not None
    first = held.at
    until(lambda: held.at - first > 1.5)

    assert states in ([], ["fresh"])
    assert len(asked(proxy, "flags")) <= 2


def test_a_stream_that_was_cut_goes_on_where_it_was(edge: Edge, between: Between, connect: Connect) -> None:
    proxy = between("passes")
    client = connect(base_url=proxy.url, **REMOTE)
    client.wait_until_ready(10)
    until(lambda: asked(proxy, "stream") != [])
    changes(edge, client)

    proxy.cut()
    until(lambda: len(asked(proxy, "stream")) > 1)

    assert "last-event-id: 2" in asked(proxy, "stream")[-1].lower()
    changes(edge, client)


def test_behind_a_proxy_that_buffers_changes_come_by_long_poll_until_it_lets_streams_through(
    edge: Edge, between: Between, connect: Connect
) -> None:
    proxy = between("buffers")
    client = connect(base_url=proxy.url, **REMOTE)

    until(lambda: client.way == "long_poll", 20)
    changes(edge, client)
    proxy.habit = "passes"

    until(lambda: client.way == "streaming", 90)
    changes(edge, client)


def test_where_no_answer_may_take_its_time_values_are_polled(edge: Edge, between: Between, connect: Connect) -> None:
    client = connect(base_url=between("hurries").url, polling_seconds=0.1, **REMOTE)

    until(lambda: client.way == "polling", 60)
    changes(edge, client)


def test_a_context_that_fits_into_no_address_is_polled(edge: Edge, between: Between, connect: Connect) -> None:
    proxy, large = between("passes"), {**ALICE, "about": "x" * LONGEST_QUERY}
    client = connect(base_url=proxy.url, polling_seconds=0.2, **{**REMOTE, "context": large})
    client.wait_until_ready(10)

    edge.publish(checkout=a_flag(False))

    until(lambda: client.boolean_value("checkout", True, large) is False)
    assert (client.way, asked(proxy, "stream")) == ("polling", [])


def test_a_context_that_the_server_does_not_take_troubles_nobody_else(edge: Edge, connect: Connect) -> None:
    client = connect(**{**REMOTE, "context": {"targetingKey": "alice", "n": float("nan")}})

    assert client.prepare(ALICE)
    until(lambda: client.way == "polling", 30)

    assert is_on(client)
    assert client.circuit_state == "closed"


def entry(value: bool) -> dict[str, Any]:
    return {"value": value, "variant": "on", "reason": "STATIC", "version": 1, "metadata": {}}


@pytest.fixture
def followed() -> FollowedValues:
    """At version 5, with the flags a and b on."""
    made = FollowedValues(Values(context_from(ALICE), Lifetime(30, 300), lambda: None), lambda _: None)
    made.hear("put", {"version": 5, "flags": {"a": entry(True), "b": entry(True)}})
    return made


def held(followed: FollowedValues) -> dict[str, object]:
    found = followed._values.held_for(context_from(ALICE))
    assert found is not None
    return {key: answer.value for key, answer in found.answers.items()}


def test_a_delta_leads_from_what_is_held(followed: FollowedValues) -> None:
    followed.hear("delta", {"from": 5, "to": 6, "flags": {"a": entry(False), "c": entry(True)}, "removed": ["b", "x"]})
    assert (held(followed), followed.version) == ({"a": False, "c": True}, 6)

    followed.hear("delta", {"from": 6, "to": 6, "flags": {"a": entry(True)}, "removed": []})
    assert held(followed) == {"a": True, "c": True}


def test_a_delta_to_what_is_held_already_changes_nothing(followed: FollowedValues) -> None:
    followed.hear("delta", {"from": 3, "to": 5, "flags": {"a": entry(False)}, "removed": []})

    assert (held(followed), followed.version) == ({"a": True, "b": True}, 5)


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("delta", {"from": 6, "to": 7, "flags": {"a": entry(False)}, "removed": []}),
        ("delta", {"from": 4, "to": 7, "flags": {"a": entry(False)}, "removed": []}),
        ("delta", {"from": 5, "to": 6, "flags": {"a": entry(False)}}),
        ("delta", {"from": 5, "to": 6, "flags": {"a": 7}, "removed": []}),
        ("put", {"version": "new", "flags": {"a": entry(False)}}),
        ("put", {"version": 6, "flags": []}),
        ("put", {"version": 6}),
    ],
)
def test_what_does_not_fit_or_cannot_be_read_changes_nothing_and_needs_the_whole(
    kind: str, document: Mapping[str, Any], followed: FollowedValues
) -> None:
    with pytest.raises(Doubt):
        followed.hear(kind, document)
    assert (held(followed), followed.version) == ({"a": True, "b": True}, None)

    followed.hear("put", {"version": 7, "flags": {"a": entry(False)}})
    assert (held(followed), followed.version) == ({"a": False}, 7)
