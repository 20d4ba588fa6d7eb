"""What is written behind: never waited for, never twice for nothing, and whole in the end."""

import asyncio
import threading

import pytest

from evaluation.relay import keeper as keepers
from evaluation.relay.keeper import Keeper


async def test_what_changes_while_a_write_is_under_way_is_written_once_and_as_it_is_then() -> None:
    keeper, disk, written = Keeper(), threading.Event(), list[int]()

    def write(version: int) -> None:
        disk.wait(5)
        written.append(version)

    for version in range(100):
        keeper.keep("e", lambda version=version: write(version))  # type: ignore[misc]
        await asyncio.sleep(0)
    disk.set()
    await keeper.stop()

    assert written[-1] == 99
    assert len(written) <= 2


async def test_every_name_is_written() -> None:
    keeper, written = Keeper(), list[str]()

    for name in ("a", "b", "c"):
        keeper.keep(name, lambda name=name: written.append(name))  # type: ignore[misc]
    await keeper.stop()

    assert sorted(written) == ["a", "b", "c"]


async def test_what_cannot_be_written_keeps_nothing_else_from_it() -> None:
    keeper, written = Keeper(), list[str]()

    keeper.keep("a", lambda: [][1])
    keeper.keep("b", lambda: written.append("b"))
    await keeper.stop()

    assert written == ["b"]


async def test_a_disk_that_does_not_answer_keeps_nobody_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepers, "STOP_SECONDS", 0.1)
    keeper, disk = Keeper(), threading.Event()

    def write() -> None:
        disk.wait(5)

    keeper.keep("a", write)
    await asyncio.wait_for(keeper.stop(), 3)

    assert not disk.is_set()
    disk.set()
