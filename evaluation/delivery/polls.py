"""What a long poll is owed: the first message that tells its client more than it has."""

from ..wire.frames import Message
from .callers import Caller
from .held import Held
from .replay import Replay


class PollFeed:
    """A feed for one answer. `is_withheld`: when the time is over without one, `whole` is owed.

    Where rules read the clock, the same version may have other values by now, so that it is owed whole; but at the end of the
    time, since a client that polls again at once would otherwise never wait.
    """

    __slots__ = ("_caller", "_feed", "is_withheld")

    def __init__(self, caller: Caller) -> None:
        self._caller, self._feed = caller, caller.feed(caller.since)
        self.is_withheld = False

    @property
    def version(self) -> int | None:
        return self._feed.version

    def next(self, held: Held, replay: Replay) -> Message | None:
        message = self._feed.next(held, replay)
        if message is None or self.is_withheld:
            return message and self.whole(held, replay)
        self.is_withheld = message.kind == "put" and message.version == self._caller.since
        return None if self.is_withheld else message

    def tick(self, held: Held, replay: Replay) -> Message | None:
        message = self._feed.tick(held, replay)
        return message and (self.whole(held, replay) if self.is_withheld else message)

    def whole(self, held: Held, replay: Replay) -> Message | None:
        return self._caller.feed(None).next(held, replay)
