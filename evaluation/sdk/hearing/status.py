"""How a client stands with its server. Written by its thread alone, read by everybody."""

from time import monotonic

from .ladder import Way


class Status:
    """`heard_at` is on the monotonic clock, None before anything came; `trouble` says in words what is wrong, "" for nothing."""

    def __init__(self, way: Way | None) -> None:
        self.way = way
        self.heard_at: float | None = None
        self.trouble = "not connected yet"

    def heard(self) -> None:
        """The server said something that is as it should be."""
        self.heard_at, self.trouble = monotonic(), ""

    @property
    def silent_seconds(self) -> float | None:
        """How long nothing was heard; None where nothing ever was."""
        return None if self.heard_at is None else monotonic() - self.heard_at
