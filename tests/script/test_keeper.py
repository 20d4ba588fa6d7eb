"""The keeper, told of groups by a parent that then dies without a word."""

import subprocess
import sys
from collections.abc import Callable

import pytest

PARENT = """
import os, subprocess, sys
from script.keeper import Keeper

keeper = Keeper(grace=0.2)
nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
groups = [subprocess.Popen(["sleep", "300"], start_new_session=True, **nowhere).pid for _ in range(2)]
for group in groups:
    keeper.add(group)
keeper.forget(groups[0])
for again in sys.argv[1:]:
    keeper.add(groups[0])
print(*groups, flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("is_added_again", [False, True])
def test_a_forgotten_group_is_let_live_until_its_number_is_added_again(
    gone: Callable[..., bool], is_added_again: bool
) -> None:
    command = [sys.executable, "-c", PARENT, *(["again"] if is_added_again else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    forgotten, kept = map(int, done.stdout.split())

    try:
        assert gone([kept], within=5)
        assert gone([forgotten], within=5 if is_added_again else 0.5) is is_added_again
    finally:
        subprocess.run(["kill", str(forgotten)], capture_output=True, check=False)
