"""A batch of telemetry is judged item by item: what is good is kept, what is wrong is named, and all of it is bounded."""

import json
from typing import Any

import pytest

from evaluation.wire.problems import Refused
from evaluation.wire.telemetry import Batch, read_batch
from evaluation.wire.telemetry_items import LISTS, MAPS

AT = "2026-11-21T10:00:00Z"
ENVELOPE: dict[str, Any] = {
    "batch": "01JDEMO",
    "sdk": {"name": "flagforge-python", "version": "1.0.0", "application": "shop", "instance": "web-3"},
    "from": AT,
    "to": "2026-11-21T10:01:00Z",
}
ITEMS: dict[str, Any] = {
    "manifest": 42,
    "counts": [{"flag": "new-checkout", "variant": "on", "reason": "SPLIT", "version": 7, "n": 1200}],
    "latency": {"unit": "ns", "sketch": "AAECAw=="},
    "cache": {"fresh": 900, "stale": 3, "expired": 0, "miss": 1},
    "breaker": [{"at": AT, "to": "open"}],
    "exposures": [{"flag": "new-checkout", "variant": "on", "subject": "user-7", "at": AT}],
    "events": [{"event": "purchase", "subject": "user-7", "value": 12.5, "at": AT}],
    "unknown_flags": {"old-banner": 4},
    "contexts": [{"targetingKey": "user-7", "country": "IN"}],
    "errors": [{"flag": "new-checkout", "variant": "on", "requests": 500, "errors": 2}],
}


def batch_of(**items: Any) -> Batch:
    return read_batch(json.dumps(ENVELOPE | items).encode())


def refusal_of(document: Any) -> dict[str, Any]:
    with pytest.raises(Refused) as refused:
        read_batch(document if isinstance(document, bytes) else json.dumps(document).encode())
    said: dict[str, Any] = json.loads(refused.value.reply.body)
    assert said["status"] == 400
    return said


def test_the_whole_document_is_kept_as_it_came() -> None:
    batch = batch_of(**ITEMS)

    assert batch.document == ENVELOPE | ITEMS
    assert json.loads(batch.reply.body) == {"accepted": 9, "rejected": []}
    assert batch.reply.status == 202


def test_an_envelope_alone_is_a_batch() -> None:
    assert json.loads(batch_of().reply.body) == {"accepted": 0, "rejected": []}


def test_the_largest_values_of_events_are_kept() -> None:
    events = [ITEMS["events"][0] | {"value": value} for value in (1e15, -(10**15), 0, -0.5)]

    assert batch_of(events=events).document["events"] == events


def test_members_that_nobody_knows_are_not_kept() -> None:
    batch = batch_of(mood="fine", counts=[ITEMS["counts"][0] | {"colour": "red"}], cache={"fresh": 1, "lost": 2})

    assert batch.document == ENVELOPE | {"counts": ITEMS["counts"], "cache": {"fresh": 1}}


def test_a_bad_item_is_named_and_the_good_ones_are_kept() -> None:
    good = ITEMS["events"][0]

    batch = batch_of(events=[good, good, good, good | {"value": "12"}, good])

    assert json.loads(batch.reply.body) == {
        "accepted": 4,
        "rejected": [{"path": "events[3].value", "message": "must be a number"}],
    }
    assert batch.document["events"] == [good] * 4


@pytest.mark.parametrize(
    ("items", "path", "said"),
    [
        ({"counts": [{"flag": "a", "variant": "on", "reason": "SPLIT", "n": 0}]}, "counts[0].n", "from 1"),
        ({"counts": [{"flag": "a", "variant": "on", "reason": "SPLIT", "n": True}]}, "counts[0].n", "whole number"),
        ({"counts": [{"flag": "a", "variant": "on", "reason": "SPLIT", "n": 2**53}]}, "counts[0].n", "whole number"),
        ({"counts": [{"flag": "", "variant": "on", "reason": "SPLIT", "n": 1}]}, "counts[0].flag", "1 to 200"),
        ({"counts": [{"flag": "x" * 201, "variant": "on", "reason": "S", "n": 1}]}, "counts[0].flag", "1 to 200"),
        ({"counts": [{"flag": "a", "reason": "SPLIT", "n": 1}]}, "counts[0].variant", "is missing"),
        ({"counts": [7]}, "counts[0]", "must be an object"),
        ({"latency": {"unit": "ms", "sketch": ""}}, "latency.unit", "one of ns"),
        ({"latency": {"unit": "ns", "sketch": "not base64!"}}, "latency.sketch", "base64"),
        ({"latency": [1]}, "latency", "must be an object"),
        ({"cache": {"fresh": -1}}, "cache.fresh", "whole number"),
        ({"breaker": [{"at": AT, "to": "ajar"}]}, "breaker[0].to", "closed, open, half-open"),
        ({"exposures": [{"flag": "a", "variant": "on", "subject": "", "at": AT}]}, "exposures[0].subject", "1 to 256"),
        ({"events": [{"event": "a", "subject": "u", "at": "yesterday"}]}, "events[0].at", "a moment"),
        ({"events": [{"event": "a", "subject": "u", "at": 5}]}, "events[0].at", "a moment"),
        *(
            (
                {"events": [{"event": "a", "subject": "u", "at": AT, "value": value}]},
                "events[0].value",
                "1,000,000,000,",
            )
            for value in (1e200, -1.1e15, 10**15 + 1, -(10**300))
        ),
        ({"events": [{"event": "a\0", "subject": "u", "at": AT}]}, "events[0].event", "NUL"),
        ({"events": [{"event": "\ud800", "subject": "u", "at": AT}]}, "events[0].event", "surrogate"),
        ({"unknown_flags": {"old": 0}}, "unknown_flags.old", "from 1"),
        ({"unknown_flags": {"x" * 201: 1}}, "unknown_flags", "1 to 200"),
        ({"contexts": [{"a": "\0"}]}, "contexts[0].a", "NUL"),
        ({"contexts": [{"n": 2**60}]}, "contexts[0].n", "2^53"),
        ({"contexts": [{"a": "x" * 9_000}]}, "contexts[0]", "8,000"),
        ({"contexts": ["user-7"]}, "contexts[0]", "must be an object"),
        ({"errors": [{"flag": "a", "variant": "on", "requests": 1, "errors": 2}]}, "errors[0].errors", "at most"),
    ],
)
def test_each_fault_of_an_item_is_named(items: dict[str, Any], path: str, said: str) -> None:
    batch = batch_of(**items, manifest=42)

    (fault,) = batch.rejected
    assert fault.path.startswith(path)
    assert said in fault.message
    assert batch.accepted == 0
    assert batch.document == ENVELOPE | {"manifest": 42}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"batch": None}, "batch"),
        ({"batch": ""}, "batch"),
        ({"batch": "x" * 65}, "batch"),
        ({"batch": "white space"}, "batch"),
        ({"batch": 7}, "batch"),
        ({"sdk": None}, "sdk"),
        ({"sdk": "python"}, "sdk"),
        ({"sdk": {"version": "1"}}, "sdk.name"),
        ({"sdk": {"name": "python", "mode": "psychic"}}, "sdk.mode"),
        ({"from": "now"}, "from"),
        ({"to": None}, "to"),
        ({"from": "2026-11-21T10:00:01Z", "to": AT}, "to"),
        ({"manifest": "42"}, "manifest"),
        ({"manifest": -1}, "manifest"),
        ({"counts": {}}, "counts"),
        ({"unknown_flags": []}, "unknown_flags"),
        *(({name: [0] * (kind.most + 1)}, name) for name, kind in LISTS.items()),
        *(({name: dict.fromkeys(map(str, range(kind.most + 1)), 1)}, name) for name, kind in MAPS.items()),
    ],
)
def test_what_is_wrong_around_the_items_refuses_the_batch(change: dict[str, Any], path: str) -> None:
    said = refusal_of(ENVELOPE | change)

    assert [fault["path"] for fault in said["errors"]] == [path]


def test_every_fault_around_the_items_is_named() -> None:
    said = refusal_of({"sdk": {}, "counts": 1})

    assert [fault["path"] for fault in said["errors"]] == ["batch", "sdk.name", "from", "to", "counts"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"batch": "a", "batch": "b"}', b'{"n": 1e999}'])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    assert refusal_of(body)["title"] == "The request cannot be read"


def test_the_answer_names_a_hundred_faults_and_counts_the_others() -> None:
    answer = json.loads(batch_of(counts=[1] * 5_000).reply.body)

    assert len(answer["rejected"]) == 101
    assert answer["rejected"][-1] == {"path": "", "message": "and 4,900 more"}
