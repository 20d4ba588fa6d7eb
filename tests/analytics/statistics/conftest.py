"""Numbers of a simulation are said, whether it passes or not."""

import sys
from collections.abc import Callable

import pytest


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def saying(words: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{words}\n")

    return saying
