"""Server-Sent Events out of bytes that come in any pieces."""

import pytest

from evaluation.sdk import events
from evaluation.sdk.events import Event, EventReader, TooLong
from evaluation.sdk.hearing.backoff import LONGEST_SECONDS, Backoff

STREAM = b'retry: 2000\n\n: \n\nevent: put\nid: e:1\ndata: {"a":1}\n\nevent: bye\nretry: 700\ndata: {}\n\n'
WANTED = [Event("put", b'{"a":1}'), Event("bye", b"{}", 700)]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_come_out_however_the_bytes_are_cut(size: int) -> None:
    reader = EventReader()

    read = [event for at in range(0, len(STREAM), size) for event in reader.feed(STREAM[at : at + size])]

    assert read == WANTED


def test_lines_may_end_as_on_the_web() -> None:
    assert list(EventReader().feed(STREAM.replace(b"\n", b"\r\n"))) == WANTED


def test_an_event_that_breaks_off_is_none() -> None:
    assert list(EventReader().feed(b"event: put\ndata: {}\n")) == []


def test_a_line_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LONGEST_BYTES", 100)

    with pytest.raises(TooLong):
        list(EventReader().feed(b"data: " + b"x" * 200))


def test_waits_grow_up_to_a_bound_and_begin_again_after_a_success() -> None:
    backoff = Backoff()

    waits = [backoff.next_seconds() for _ in range(20)]
    backoff.succeeded()

    assert waits[0] <= 0.25 < waits[3]
    assert max(waits) <= LONGEST_SECONDS
    assert backoff.next_seconds() <= 0.25
