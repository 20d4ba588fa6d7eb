"""Heads of requests that come again and again, byte for byte: what they ask is read once."""

from typing import NamedTuple

from .questions import Question

# Whoever asks for others says a head of each length of body; whoever asks for itself, one.
MOST_HEADS = 2_000
LONGEST_HEAD = 2_000


class Head(NamedTuple):
    """What a head asks, and how many bytes of body it announces."""

    asked: Question
    body_bytes: int


class Heads:
    """By their bytes. Of those that are too many the oldest is forgotten."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def find(self, data: bytes) -> tuple[Question, bytes] | None:
        """The question and its body, where the data is one known head with all that belongs to it and nothing more."""
        end = data.find(b"\r\n\r\n") + 4
        head = self._known.get(data[:end])
        if head is None or head.body_bytes != len(data) - end:
            return None
        return head.asked, data[end:]

    def keep(self, data: bytes, asked: Question, body: bytes) -> None:
        """Of a request that was read from this data, if it is one head and its body and nothing more."""
        end = data.find(b"\r\n\r\n") + 4
        if end > LONGEST_HEAD or end + len(body) != len(data):
            return
        while len(self._known) >= MOST_HEADS:
            del self._known[next(iter(self._known))]
        self._known[data[:end]] = Head(asked, len(body))
