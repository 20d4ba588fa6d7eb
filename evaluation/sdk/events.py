"""Reading Server-Sent Events: bytes in as they come, events out."""

from collections.abc import Iterator
from typing import NamedTuple

# Above the largest manifest that a control plane publishes; what is longer is no stream of ours.
LONGEST_BYTES = 64_000_000


class Event(NamedTuple):
    """One event; `retry_ms` is 0 unless the server said when to come back."""

    name: str
    data: bytes
    retry_ms: int = 0


class TooLong(ValueError):
    """A line without an end."""


class EventReader:
    """One connection. Comments, which are heartbeats, come out as nothing."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._fields: dict[bytes, bytes] = {}

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that the chunk completes; raises TooLong."""
        self._buffer += chunk
        while (end := self._buffer.find(b"\n", self._searched)) >= 0:
            line = bytes(self._buffer[:end]).removesuffix(b"\r")
            del self._buffer[: end + 1]
            self._searched = 0
            if event := self._read(line):
                yield event
        self._searched = len(self._buffer)
        if self._searched > LONGEST_BYTES:
            raise TooLong(f"more than {LONGEST_BYTES:,} bytes without the end of a line")

    def _read(self, line: bytes) -> Event | None:
        if line:
            name, _, value = line.partition(b":")
            self._fields[name] = value.removeprefix(b" ")
            return None
        fields, self._fields = self._fields, {}
        if b"data" not in fields:
            return None
        retry = fields.get(b"retry", b"")
        kind = fields.get(b"event", b"message").decode("utf-8", "replace")
        return Event(kind, fields[b"data"], int(retry) if retry.isdigit() and len(retry) < 8 else 0)
