"""What dies and may live again: the pauses, and real programs that come back."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from script.revivals import LONG_LIFE, next_pause

Supervise = Callable[..., Any]
Gone = Callable[..., bool]

FAMILY = "echo pid $$; (echo pid $BASHPID; sleep 300) & wait"
STUBBORN_FAMILY = "echo pid $$; (trap '' TERM; echo pid $BASHPID; while true; do sleep 0.1; done) & wait"


def restarted(command: str) -> str:
    return f"# restarted\n{command}"


def test_pauses_double_up_to_half_a_minute() -> None:
    pauses: list[float | None] = [None]
    for _death in range(7):
        pauses.append(next_pause(pauses[-1], lived=LONG_LIFE - 1))

    assert pauses[1:] == [1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_life_makes_the_next_pause_short_again() -> None:
    assert next_pause(30, lived=LONG_LIFE) == 1


def test_a_program_that_dies_comes_back_after_growing_pauses_while_the_other_runs_on(supervise: Supervise) -> None:
    supervised = supervise(FAMILY, restarted("echo pid $$; exit 3"))
    started = time.monotonic()

    pids = supervised.pids(5)
    took = time.monotonic() - started
    supervised.send(signal.SIGINT)
    code, output = supervised.end()

    assert code == 0
    assert len(set(pids)) == 5  # two of the family, three lives
    assert took > 2.9
    assert [line for line in output.splitlines() if "ended" in line][:2] == [
        "p1 ended with exit code 3; another start in 1 s",
        "p1 ended with exit code 3; another start in 2 s",
    ]


def test_children_of_the_dead_are_gone_before_the_next_life(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise(restarted(STUBBORN_FAMILY))
    parent, child = supervised.pids(2)

    os.kill(parent, signal.SIGKILL)
    pids = supervised.pids(4)

    assert "p0 ended with signal SIGKILL; another start in 1 s\n" in supervised.seen
    assert gone([child], within=0.5)
    assert not gone(pids[2:], within=0)


def test_ctrl_c_in_a_pause_ends_at_once(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise(FAMILY, restarted("exit 3"))
    pids = supervised.pids(2)
    supervised.read_until("another start in 4 s")
    asked = time.monotonic()

    supervised.send(signal.SIGINT)
    code, output = supervised.end()

    assert code == 0
    assert time.monotonic() - asked < 2
    assert "asked by SIGINT" in output
    assert gone(pids, within=0)


def test_a_program_that_is_needed_ends_all_even_in_a_pause_of_another(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise("sleep 1.5; exit 7", restarted("echo pid $$; exit 3"), FAMILY)
    pids = supervised.pids(4)

    code, output = supervised.end()

    assert code == 1
    assert "p0 ended with exit code 7" in output
    assert gone(pids, within=0)


def test_kill_minus_nine_leaves_no_orphans_of_a_second_life(supervise: Supervise, gone: Gone) -> None:
    supervised = supervise(restarted(FAMILY), grace=0.5)
    os.kill(supervised.pids(2)[0], signal.SIGKILL)
    pids = supervised.pids(4)

    supervised.send(signal.SIGKILL)
    supervised.end()

    assert gone(pids, within=5)


def test_a_program_that_cannot_be_started_for_a_while_is_tried_again(
    supervise: Supervise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tool in ("bash", "sleep"):
        tmp_path.joinpath(tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.setenv("PATH", str(tmp_path))
    supervised = supervise(restarted(FAMILY))
    pid = supervised.pids(2)[0]

    tmp_path.joinpath("bash").rename(tmp_path / "away")
    os.kill(pid, signal.SIGKILL)
    supervised.read_until("p0 cannot be started: ")
    tmp_path.joinpath("away").rename(tmp_path / "bash")

    assert len(supervised.pids(4)) == 4
