"""The supervisor with real processes: whatever ends it, nothing that it started is left."""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

Supervise = Callable[..., Any]
Gone = Callable[..., bool]

FAMILY = "echo pid $$; (echo pid $BASHPID; sleep 300) & wait"
STUBBORN = "trap '' TERM; echo pid $$; while true; do sleep 0.1; done"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_stops_children_and_grandchildren(
    supervise: Supervise, gone: Gone, number: signal.Signals
) -> None:
    supervised = supervise(FAMILY, FAMILY)
    pids = supervised.pids(4)

    supervised.send(number)
    code, output = supervised.end()

    assert code == 0
    assert f"asked by {number.name}" in output
    assert gone(pids, within=0)


def test_grandchildren_of_a_dead_child_are_stopped_too(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise("(echo pid $BASHPID; exec sleep 300) & sleep 0.5; exit 0", FAMILY)
    pids = supervised.pids(3)

    code, output = supervised.end()

    assert code == 1
    assert "p0 ended with exit code 0" in output
    assert gone(pids, within=0)


def test_a_dying_child_ends_the_others_with_its_code_told(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise(FAMILY, "sleep 0.5; echo last words; exit 7")
    pids = supervised.pids(2)

    code, output = supervised.end()

    assert code == 1
    assert "p1 │ last words" in output
    assert "p1 ended with exit code 7" in output
    assert gone(pids, within=0)


def test_a_child_that_is_killed_is_told_by_the_name_of_the_signal(supervise: Supervise) -> None:
    supervised = supervise("kill -SEGV $$")

    code, output = supervised.end()

    assert code == 1
    assert "p0 ended with signal SIGSEGV" in output


def test_a_stubborn_child_is_killed_after_the_grace(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise(STUBBORN, grace=0.5)
    pids = supervised.pids(1)

    supervised.send(signal.SIGTERM)
    code, output = supervised.end()

    assert code == 0
    assert "p0 would not end and is killed" in output
    assert gone(pids, within=0)


def test_a_second_ctrl_c_kills_at_once(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise(STUBBORN, grace=60)
    pids = supervised.pids(1)

    supervised.send(signal.SIGINT)
    time.sleep(0.5)
    supervised.send(signal.SIGINT)
    code, _output = supervised.end(timeout=5)

    assert code == 0
    assert gone(pids, within=0)


def test_kill_minus_nine_leaves_no_orphans(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise(FAMILY, STUBBORN, grace=0.5)
    pids = supervised.pids(3)

    supervised.send(signal.SIGKILL)
    supervised.end()

    assert gone(pids, within=5)


def test_a_flood_of_output_arrives_whole_and_in_order(supervise: Supervise) -> None:
    supervised = supervise("seq 1 50000; printf 'no newline at the end'")

    _code, output = supervised.end()
    lines = [line for line in output.splitlines() if line.startswith("p0 │ ")]

    assert lines == [*(f"p0 │ {number}" for number in range(1, 50001)), "p0 │ no newline at the end"]
