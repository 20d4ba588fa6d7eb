"""What the terminal shows: every program's lines behind its name, in its colour when there is a terminal to show it."""

import os
import re
import sys
from collections.abc import Iterable
from typing import TextIO

COLOURS = (36, 35, 33, 32, 34, 31)
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Console:
    """Lines of many programs, whole, in the order in which they came. A closed output (a pipe to head) is silence."""

    def __init__(self, names: Iterable[str] = (), stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.is_coloured = self.stream.isatty() and not os.environ.get("NO_COLOR")
        names = list(names)
        self._width = max(map(len, names), default=0)
        self._colours = dict(zip(names, COLOURS * len(names), strict=False))
        self._halves: dict[str, bytes] = {}

    def say(self, text: str = "") -> None:
        """What the script itself has to say."""
        self._write(f"{text}\n")

    def forward(self, name: str, portion: bytes) -> None:
        """Show the whole lines of a portion and keep a half one for the next."""
        *lines, half = (self._halves.pop(name, b"") + portion).split(b"\n")
        if half:
            self._halves[name] = half
        for line in lines:
            self._show(name, line)

    def finish(self, name: str) -> None:
        """Show the last line of a program that ended in the middle of it."""
        if half := self._halves.pop(name, b""):
            self._show(name, half)

    def _show(self, name: str, line: bytes) -> None:
        if not self.is_coloured:
            line = ESCAPES.sub(b"", line)
        self._write(f"{self._prefix(name)}{line.decode(errors='replace').rstrip()}\n")

    def _prefix(self, name: str) -> str:
        label = f"{name:<{self._width}} │ "
        if not self.is_coloured:
            return label
        return f"\x1b[{self._colours.get(name, COLOURS[0])}m{label}\x1b[0m"

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())  # for the rest of our life
