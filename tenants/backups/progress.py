"""How far a long command has come, as a bar in a terminal; nothing elsewhere."""

import time
from typing import Any

WIDTH = 30
PAUSE_SECONDS = 0.1


class Bar:
    """Called with what was done since the last call."""

    def __init__(self, words: str, total: int, terminal: Any) -> None:
        self.words, self.total, self.terminal = words, max(total, 1), terminal
        self.done, self._drawn_at = 0, 0.0
        self._is_shown = bool(getattr(terminal, "isatty", lambda: False)())

    def __call__(self, count: int) -> None:
        self.done += count
        if self._is_shown and time.monotonic() - self._drawn_at >= PAUSE_SECONDS:
            self._draw()

    def end(self) -> None:
        if self._is_shown:
            self._draw()
            self.terminal.write("\n")

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        share = min(self.done / self.total, 1.0)
        bar = ("█" * round(share * WIDTH)).ljust(WIDTH, "░")
        self.terminal.write(f"\r{self.words} {bar} {share:4.0%}  {self.done:,} of {self.total:,} rows")
        self.terminal.flush()
