"""A client beside a real server: it gets ready, hears of changes by every way, and answers in all its types."""

import asyncio
import os
import threading
from typing import Any

import pytest

from evaluation.sdk.client import Client
from evaluation.sdk.details import Details
from tests.evaluation.sdk.conftest import Connect, until
from tests.evaluation.sdk.edge import SECRET, Edge, a_flag

ALICE = {"targetingKey": "alice"}


@pytest.mark.parametrize("mode", ["streaming", "long_poll", "polling"])
def test_every_way_gets_ready_and_hears_of_a_change(mode: str, edge: Edge, connect: Connect) -> None:
    client = connect(mode=mode, polling_seconds=0.1)
    assert client.wait_until_ready(10)
    assert client.boolean_value("checkout", False, ALICE) is True

    edge.publish(checkout=a_flag(False))

    until(lambda: client.boolean_value("checkout", True, ALICE) is False)
    assert (client.version, client.state, client.circuit_state, client.way) == (2, "fresh", "closed", mode)
    assert client.trouble == ""


def test_before_anything_came_the_default_is_used(connect: Connect) -> None:
    client = connect(base_url="http://127.0.0.1:9")

    assert not client.wait_until_ready(0.05)
    assert client.boolean_value("checkout", True, ALICE) is True
    assert client.boolean_details("checkout", True).error_code == "PROVIDER_NOT_READY"
    assert (client.all_flags(ALICE), client.version, client.state) == ({}, None, "expired")


VALUES: dict[str, Any] = {"boolean": False, "string": "", "integer": 0, "double": 0.0, "json": {}}


@pytest.fixture
def typed(edge: Edge, connect: Connect) -> Client:
    """Connected to a flag of each type, named for it, that serves a falsy value."""
    edge.publish(**{name: a_flag(value, value_type=name) for name, value in VALUES.items()})
    client = connect()
    client.wait_until_ready(10)
    until(lambda: client.version == 2)
    return client


ASKED = {
    "boolean": ("boolean_value", "boolean_details", True),
    "string": ("string_value", "string_details", "default"),
    "integer": ("integer_value", "integer_details", 7),
    "double": ("double_value", "double_details", 7.5),
    "json": ("object_value", "object_details", {"default": 1}),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("held", VALUES)
def test_a_value_is_of_the_type_that_was_asked_for_or_the_default(held: str, asked: str, typed: Client) -> None:
    value_of, details_of, default = ASKED[asked]

    value, details = getattr(typed, value_of)(held, default, ALICE), getattr(typed, details_of)(held, default, ALICE)

    if held == asked:
        assert (value, type(value)) == (VALUES[held], type(VALUES[held]))
        assert details == Details(held, value, "on", "STATIC", version=1, metadata=details.metadata)
    else:
        assert value == details.value == default
        assert (details.reason, details.error_code, details.variant) == ("ERROR", "TYPE_MISMATCH", "")
        assert held in str(details.error_message)
        assert asked in str(details.error_message)


def test_all_flags_are_those_with_a_value(edge: Edge, connect: Connect) -> None:
    off: dict[str, Any] = {"enabled": False, "off": None}
    edge.publish(on=a_flag(), off=a_flag(**off), broken=a_flag(rules="?"))
    client = connect()
    until(lambda: client.version == 2)

    assert client.all_flags(ALICE) == {"on": True}
    assert client.boolean_details("off", True).reason == "DISABLED"
    assert client.boolean_details("broken", True).error_code == "PARSE_ERROR"


def test_names_that_people_know_work(connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)

    assert client.is_enabled("checkout")
    assert not client.is_enabled("unknown")
    assert client.is_enabled("unknown", True, ALICE)


SPLIT = {"split": {"salt": "s", "ranges": [["on", 0, 50_000], ["off", 50_000, 100_000]]}}


@pytest.mark.parametrize("name", ["targetingKey", "user_id", "userId"])
def test_whoever_asks_may_be_named_in_other_ways(name: str, edge: Edge, connect: Connect) -> None:
    edge.publish(split=a_flag(variants={"on": True, "off": False}, fallthrough=SPLIT))
    client = connect()
    until(lambda: client.version == 2)

    assert client.boolean_details("split", False, {name: "alice"}).reason == "SPLIT"
    assert client.boolean_details("split", False, {"name": "alice"}).error_code == "TARGETING_KEY_MISSING"
    assert client.boolean_details("split", False).error_code == "TARGETING_KEY_MISSING"


class Hostile(dict[str, Any]):
    def get(self, *_: object) -> Any:
        raise RuntimeError("no")

    def __iter__(self) -> Any:
        raise RuntimeError("no")

    keys = __iter__


@pytest.mark.parametrize(
    ("key", "context", "code"),
    [
        ("split", 7, "INVALID_CONTEXT"),
        ("split", "alice", "INVALID_CONTEXT"),
        ("split", Hostile(), "GENERAL"),
        ("unknown", ALICE, "FLAG_NOT_FOUND"),
        (None, ALICE, "FLAG_NOT_FOUND"),
        ([], ALICE, "GENERAL"),
    ],
)
def test_whatever_is_asked_nothing_is_raised(key: Any, context: Any, code: str, edge: Edge, connect: Connect) -> None:
    edge.publish(split=a_flag(variants={"on": True, "off": False}, fallthrough=SPLIT))
    client = connect()
    until(lambda: client.version == 2)

    assert client.boolean_value(key, True, context) is True
    assert client.boolean_details(key, True, context).error_code == code
    assert client.all_flags(context) in ({}, {"split": True}, {"split": False})


def test_a_flag_that_asks_nothing_answers_whatever_the_context_is_the_first_time_too(connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)

    assert [client.boolean_details("checkout", False, 7).value for _ in range(3)] == [True] * 3  # type: ignore[arg-type]


def test_what_is_no_context_is_counted_once_also_where_it_is_timed(connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)
    for _ in range(200):
        client.boolean_details("checkout", False, 7)  # type: ignore[arg-type]

    lines = client.prometheus_metrics().splitlines()
    assert 'flagforge_sdk_evaluations_total{flag="checkout",variant="on",reason="STATIC"} 200' in lines


def test_whoever_listens_hears_which_flags_changed(edge: Edge, connect: Connect) -> None:
    heard: list[frozenset[str]] = []
    client = connect()
    client.wait_until_ready(10)
    client.on_change(lambda _: 1 / 0)
    end = client.on_change(heard.append)

    edge.publish(checkout=a_flag(), added=a_flag())
    until(lambda: heard == [{"added"}])
    edge.publish(checkout=a_flag(False), added=a_flag())
    until(lambda: heard == [{"added"}, {"checkout"}])
    end()
    edge.publish()

    until(lambda: client.version == 4)
    assert heard == [{"added"}, {"checkout"}]


def test_counts_are_exact_whatever_threads_ask(edge: Edge, connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)

    def ask() -> None:
        for _ in range(500):
            client.boolean_value("checkout", False, ALICE)
            client.boolean_value("unknown", False, ALICE)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(5):
        edge.publish(checkout=a_flag(version=number))
    for thread in threads:
        thread.join()

    stats = client.cache_stats()
    assert (stats["fresh"], stats["miss"], stats["hit_rate"]) == (2_000, 2_000, 0.5)


def test_metrics_are_what_prometheus_reads(connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)
    client.boolean_value("checkout", False, ALICE)

    lines = client.prometheus_metrics("shop_flags").splitlines()

    assert 'shop_flags_evaluations_total{flag="checkout",variant="on",reason="STATIC"} 1' in lines
    assert 'shop_flags_circuit_state{state="closed"} 1' in lines
    assert "shop_flags_rules_version 1" in lines
    assert all(line.startswith(("# HELP shop_flags_", "# TYPE shop_flags_", "shop_flags_")) for line in lines)


async def test_asyncio_goes_on_while_somebody_waits_for_a_client(connect: Connect) -> None:
    client = connect(base_url="http://127.0.0.1:9")

    waiting = asyncio.create_task(client.until_ready(0.3))
    await asyncio.sleep(0.01)

    assert not waiting.done()
    assert await waiting is False


@pytest.mark.filterwarnings(
    "ignore:This process:DeprecationWarning"
)  # Python warns of forks beside threads: that is the case here
def test_a_client_goes_on_in_a_forked_child(edge: Edge, connect: Connect) -> None:
    client = connect()
    client.wait_until_ready(10)
    heard_from, tell = os.pipe()

    child = os.fork()
    if child == 0:  # nothing of the test may go on here
        try:
            until(lambda: client.boolean_value("checkout", True, ALICE) is False, 20)
            os.write(tell, b"changed")
        finally:
            os._exit(0)
    edge.publish(checkout=a_flag(False))
    os.waitpid(child, 0)

    assert os.read(heard_from, 100) == b"changed"
    assert client.boolean_value("checkout", True, ALICE) is False


def test_a_client_ends_with_its_block_and_answers_on(edge: Edge) -> None:
    before = set(threading.enumerate())
    with Client(SECRET, edge.url) as client:
        assert client.wait_until_ready(10)
        (its_own,) = (thread for thread in set(threading.enumerate()) - before if thread.name == "flagforge")
    edge.publish(checkout=a_flag(False))

    assert client.boolean_value("checkout", False, ALICE) is True
    until(lambda: not its_own.is_alive())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sdk_key": SECRET},
        {"base_url": "http://127.0.0.1:9"},
        {"sdk_key": SECRET, "base_url": "http://127.0.0.1:9", "mode": "telepathy"},
        {"mode": "offline"},
        {"mode": "offline", "bootstrap": b"{}"},
        {"sdk_key": SECRET, "base_url": "http://127.0.0.1:9", "public_keys": b"{"},
        {"sdk_key": SECRET, "base_url": "http://127.0.0.1:9", "public_keys": {"keys": []}},
        {"sdk_key": SECRET, "base_url": "http://127.0.0.1:9", "public_keys": "/nowhere/keys.json"},
    ],
)
def test_what_cannot_be_right_is_refused_when_the_client_is_made(options: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Client(**options)
