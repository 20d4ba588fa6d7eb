"""What may go wrong between an application and its flags, and that the application notices none of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evaluation.core.canonical import canonical, checksum
from evaluation.core.delta import diff
from evaluation.sdk import client as clients
from evaluation.sdk.client import Client
from evaluation.sdk.lifetime import Lifetime
from evaluation.sdk.rules import Doubt
from evaluation.wire import jws, trust
from tests.evaluation.relay.said import proven, put
from tests.evaluation.sdk.conftest import Between, Connect, until
from tests.evaluation.sdk.edge import Edge, a_flag
from tests.evaluation.sdk.proxy import Habit
from tests.evaluation.wire.test_trust import KEY, STRANGER, manifest, signature

pytestmark = pytest.mark.usefixtures("hasty")


def is_on(client: Client) -> bool:
    return client.boolean_value("checkout", False)


def changes(edge: Edge, client: Client) -> None:
    """Fails unless the client hears of the next change."""
    turned = not edge.document["flags"]["checkout"]["variants"]["on"]
    edge.publish(checkout=a_flag(turned))
    until(lambda: is_on(client) is turned, 20)


def test_behind_a_proxy_that_buffers_changes_come_by_long_poll_until_it_lets_streams_through(
    edge: Edge, between: Between, connect: Connect
) -> None:
    proxy = between("buffers")
    client = connect(base_url=proxy.url)

    assert client.wait_until_ready(20)
    assert client.way == "long_poll"
    changes(edge, client)
    proxy.habit = "passes"

    until(lambda: client.way == "streaming", 90)
    changes(edge, client)


def test_behind_a_proxy_that_cuts_streams_changes_come_by_long_poll(
    edge: Edge, between: Between, connect: Connect
) -> None:
    client = connect(base_url=between("cuts").url)

    assert client.wait_until_ready(20)
    until(lambda: client.way == "long_poll", 20)
    changes(edge, client)


def test_where_no_answer_may_take_its_time_changes_come_by_polling(
    edge: Edge, between: Between, connect: Connect
) -> None:
    client = connect(base_url=between("hurries").url, polling_seconds=0.1)

    until(lambda: client.way == "polling", 60)
    changes(edge, client)


def test_a_stream_that_was_cut_goes_on_where_it_was(edge: Edge, between: Between, connect: Connect) -> None:
    proxy = between("passes")
    client = connect(base_url=proxy.url)
    client.wait_until_ready(10)
    edge.publish(checkout=a_flag(False))
    until(lambda: client.version == 2)

    proxy.cut()
    until(lambda: sum("/api/v1/sdk/stream" in head for head in proxy.requests) == 2)

    assert "last-event-id: 2" in proxy.requests[-1].lower()
    changes(edge, client)


def test_while_the_server_is_away_the_circuit_opens_and_answers_go_on(edge: Edge, connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)

    edge.stop()
    until(lambda: client.circuit_state == "open", 30)
    assert is_on(client)
    assert client.trouble != ""

    edge.start()
    until(lambda: client.circuit_state == "closed", 30)
    changes(edge, client)
    assert client.trouble == ""


@pytest.mark.parametrize("habit", ["hangs", "babbles"])
def test_a_server_that_is_out_of_its_mind_is_waited_for(
    habit: Habit, edge: Edge, between: Between, connect: Connect
) -> None:
    proxy = between("passes")
    client = connect(base_url=proxy.url)
    client.wait_until_ready(10)

    proxy.habit = habit
    proxy.cut()
    until(lambda: client.trouble != "" and len(proxy.requests) > 3, 30)
    assert is_on(client)

    proxy.habit = "passes"
    proxy.cut()
    changes(edge, client)


@pytest.mark.parametrize("habit", ["hangs", "babbles"])
def test_a_client_that_begins_beside_such_a_server_gets_ready_when_it_comes_to_its_senses(
    habit: Habit, between: Between, connect: Connect
) -> None:
    proxy = between(habit)
    client = connect(base_url=proxy.url)
    assert not client.wait_until_ready(1)
    assert client.boolean_details("checkout", False).error_code == "PROVIDER_NOT_READY"

    proxy.habit = "passes"
    proxy.cut()

    assert client.wait_until_ready(30)


FORGED = manifest(9, checkout=a_flag(False))


@pytest.mark.parametrize(
    "forged", [{"signature": signature(FORGED, STRANGER)}, {"signature": "x"}, {"freshness": "x"}, {"manifest": {}}]
)
def test_a_state_that_nobody_signed_changes_nothing(forged: dict[str, Any], edge: Edge, connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)

    with pytest.raises(Doubt):
        client._rules.hear("put", {**put(FORGED), **forged})

    assert (client.version, is_on(client)) == (1, True)
    changes(edge, client)


def test_an_older_state_is_refused(edge: Edge, connect: Connect) -> None:
    edge.publish(checkout=a_flag(False))
    client = connect()
    until(lambda: client.version == 2)

    with pytest.raises(Doubt, match="Outdated"):
        client._rules.hear("put", put(manifest(1, checkout=a_flag())))

    assert not is_on(client)
    assert 'refused_total{kind="outdated"} 1' in client.prometheus_metrics()


def test_after_a_refusal_the_whole_state_is_asked_for(edge: Edge, connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)
    forged = {**diff(edge.document, FORGED), **proven(edge.document)}

    with pytest.raises(Doubt):
        client._rules.hear("delta", forged)
    assert client._rules.version is None
    edge.publish(checkout=a_flag(False))

    until(lambda: client.version == 2)


def test_a_revoked_key_ends_the_news_and_nothing_else(edge: Edge, connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)

    edge.revoke()

    until(lambda: "refuses this API key" in client.trouble)
    assert is_on(client)
    assert client.circuit_state == "closed"


def test_when_signing_keys_are_rotated_the_new_ones_are_fetched(edge: Edge, connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)
    new = {"keys": [jws.jwk_of(STRANGER.public_key())]}
    vouched = jws.sign(canonical(new), KEY, jws.name_of(KEY.public_key()), kind=trust.PUBLIC_KEYS)
    edge.relay.follower.heard.hear_public_keys(json.dumps({**new, "signed": vouched}).encode())
    after = manifest(2, checkout=a_flag(False))
    content, name = canonical(after), jws.name_of(STRANGER.public_key())
    stated = trust.Freshness("e", 2, checksum(content), *_now_and_later())
    proof = {
        "signature": jws.sign_detached(content, STRANGER, name),
        "freshness": jws.sign(stated.as_bytes(), STRANGER, name, kind=trust.FRESHNESS),
    }

    edge.say("delta", {**diff(edge.document, after), **proof})

    until(lambda: client.version == 2)


def _now_and_later() -> tuple[datetime, datetime]:
    return datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)


def test_rules_that_nobody_confirms_are_called_stale_and_go_on(
    edge: Edge, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "LIFETIME", Lifetime(0.5, 1.0))
    monkeypatch.setattr(clients, "LOOK_SECONDS", 0.05)
    client = connect()
    client.wait_until_ready(10)

    edge.stop()

    until(lambda: client.state == "expired")
    assert is_on(client)
    assert client.cache_stats()["expired"] == 1
    edge.start()
    until(lambda: client.state == "fresh", 30)
