"""Within a moment no flag changes, and its end is counted for what was served."""

import asyncio
import json
import threading

import pytest

from evaluation.sdk.client import Client
from evaluation.sdk.telemetry.outcomes import MOST_SERVED, Outcomes, Served
from evaluation.sdk.testing import TestData
from evaluation.wire.telemetry import read_batch

pytest_plugins = ["evaluation.sdk.pytest_plugin"]


def counted(client: Client) -> set[tuple[str, str, int, int]]:
    return {(each["flag"], each["variant"], each["requests"], each["errors"]) for each in client._outcomes.take()}


def ask_and_break(client: Client, error: BaseException) -> None:
    with client.moment():
        client.is_enabled("checkout")
        raise error


def test_no_flag_changes_within_a_moment(flagforge: TestData) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()

    with client.moment():
        flagforge.set("checkout", False)
        flagforge.set("new", True)
        assert client.is_enabled("checkout")
        assert client.all_flags() == {"checkout": True}
        assert client.boolean_details("new", False).error_code == "FLAG_NOT_FOUND"

    assert not client.is_enabled("checkout")
    assert client.is_enabled("new")


def test_an_override_that_comes_within_a_moment_waits_for_the_next(flagforge: TestData) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()

    with client.moment(), client.override("checkout", False):
        assert client.is_enabled("checkout")

    with client.override("checkout", False), client.moment():
        assert not client.is_enabled("checkout")
    assert counted(client) == {("checkout", "value", 1, 0)}


def test_a_moment_before_the_rules_came_stays_without(flagforge: TestData) -> None:
    client = flagforge.client(mode="streaming", bootstrap=None, sdk_key="ff_server_x", base_url="http://127.0.0.1:9")

    with client.moment():
        flagforge.set("checkout", True)
        assert client.boolean_details("checkout", False).error_code == "PROVIDER_NOT_READY"

    assert client.is_enabled("checkout")


def test_a_moment_is_the_threads_own(flagforge: TestData) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()
    seen: list[bool] = []

    with client.moment():
        flagforge.set("checkout", False)
        thread = threading.Thread(target=lambda: seen.append(client.is_enabled("checkout")))
        thread.start()
        thread.join()

    assert seen == [False]


async def test_a_task_belongs_to_the_moment_until_that_ends(flagforge: TestData) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()
    over = asyncio.Event()

    async def ask_twice() -> tuple[bool, bool]:
        first = client.is_enabled("checkout")
        await over.wait()
        return first, client.is_enabled("checkout")

    with client.moment():
        flagforge.set("checkout", False)
        task = asyncio.create_task(ask_twice())
        await asyncio.sleep(0)
    over.set()

    assert await task == (True, False)


def test_its_end_is_counted_once_for_every_variant_served(flagforge: TestData) -> None:
    flagforge.flag("checkout").serves("off")
    flagforge.flag("nothing").serves(None)
    client = flagforge.client()

    for _ in range(3):
        with client.moment(), client.moment():
            client.is_enabled("checkout")
            client.is_enabled("checkout")
            client.is_enabled("nothing")
            client.is_enabled("unknown")
    with pytest.raises(ZeroDivisionError):
        ask_and_break(client, ZeroDivisionError())
    with client.moment() as moment:
        client.is_enabled("checkout")
        moment.has_failed = True

    assert counted(client) == {("checkout", "off", 5, 2)}
    assert counted(client) == set()


def test_who_leaves_is_no_error(flagforge: TestData) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()

    with pytest.raises(asyncio.CancelledError):
        ask_and_break(client, asyncio.CancelledError())

    assert counted(client) == {("checkout", "value", 1, 0)}


def test_outside_of_moments_nothing_is_counted(flagforge: TestData) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()

    client.is_enabled("checkout")

    assert counted(client) == set()


def test_what_is_counted_is_bounded_and_begins_anew_in_a_fork() -> None:
    outcomes = Outcomes()

    outcomes.count([Served("flag", str(n)) for n in range(MOST_SERVED + 5)], has_failed=False)
    outcomes.count([Served("flag", "0")], has_failed=True)

    taken = outcomes.take()
    assert len(taken) == MOST_SERVED
    assert taken[0] == {"flag": "flag", "variant": "0", "requests": 2, "errors": 1}
    outcomes.count([Served("flag", "0")], has_failed=True)
    outcomes.after_fork()
    assert outcomes.take() == []


def test_whoever_watches_sees_every_answer_until_it_breaks(
    flagforge: TestData, caplog: pytest.LogCaptureFixture
) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()
    seen: list[tuple[str, object]] = []
    asked = 0

    def break_at_once(*_: object) -> None:
        nonlocal asked
        asked += 1
        raise RuntimeError("no")

    client.on_evaluation(break_at_once)
    end = client.on_evaluation(lambda answer, asker: seen.append((answer.key, asker)))
    client.is_enabled("checkout", False, {"targetingKey": "alice"})
    client.is_enabled("unknown")
    end()
    client.is_enabled("checkout")

    assert seen == [("checkout", {"targetingKey": "alice"}), ("unknown", None)]
    assert asked == 1
    assert caplog.text.count("what watches evaluations broke") == 1


def test_what_was_counted_is_told_to_the_server_once(flagforge: TestData) -> None:
    flagforge.flag("checkout").serves("off")
    client = flagforge.client()
    with client.moment() as moment:
        client.is_enabled("checkout")
        moment.has_failed = True

    (batch,) = client._telemetry.batches(1)
    client._telemetry.settled(batch)

    assert read_batch(batch).rejected == ()
    assert json.loads(batch)["errors"] == [{"flag": "checkout", "variant": "off", "requests": 1, "errors": 1}]
    assert client._telemetry.batches(1) == []


def test_what_is_asked_in_a_long_moment_is_counted_and_then_let_go(flagforge: TestData) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()

    with client.moment():
        flagforge.set("checkout", False)
        for _ in range(3):
            assert client.is_enabled("checkout")
            client.cache_stats()  # which reads the counters
    client.cache_stats()

    assert client.cache_stats()["fresh"] == 3
    assert len(client._ledger._records) == 1
