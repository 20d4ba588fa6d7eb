"""What streams carry."""

import json
from datetime import UTC, datetime

from evaluation.wire import frames


def test_a_message_is_an_sse_event_with_its_version_as_id() -> None:
    message = frames.put_of_manifest(7, b'{"flags":{}}', frames.Proof("a..b", "c.d.e"))

    assert message.as_sse() == (
        b'event: put\nid: 7\ndata: {"version":7,"signature":"a..b","freshness":"c.d.e","manifest":{"flags":{}}}\n\n'
    )


def test_a_frame_says_its_type_first() -> None:
    message = frames.delta_of_values(6, 7, [b'"a":{}'], b'["b"]')

    assert json.loads(message.as_frame()) == {"type": "delta", "from": 6, "to": 7, "flags": {"a": {}}, "removed": ["b"]}
    assert message.as_frame().startswith('{"type":"delta",')


def test_a_bye_says_why_and_when_to_return() -> None:
    assert json.loads(frames.bye_frame("shutdown", 700)) == {"type": "bye", "reason": "shutdown", "retry_ms": 700}
    assert (
        frames.bye_event("shutdown", 700) == b'event: bye\nretry: 700\ndata: {"reason":"shutdown","retry_ms":700}\n\n'
    )


def test_a_refetch_names_the_version_and_when_it_was_made() -> None:
    message = frames.refetch(42, datetime(2026, 2, 23, 21, 28, 18, tzinfo=UTC))

    assert message.as_sse() == (
        b'event: message\nid: 42\ndata: {"type":"refetchEvaluation","etag":"42","lastModified":1771882098}\n\n'
    )
