"""OFREP in bytes: what each client needs to find in an answer, and what its tag depends on."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate
from evaluation.core.manifest import ruleset_from
from evaluation.wire import ofrep, tokens
from evaluation.wire.ofrep_failures import failure
from evaluation.wire.ofrep_items import item
from evaluation.wire.problems import Problem, Refused, bad_context, bad_key, bad_request, problem, too_large
from evaluation.wire.replies import Reply
from evaluation.wire.view import Repeated, View

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NOBODY = context_from({})
SPLIT = {"split": {"by": "targetingKey", "salt": "s", "ranges": [["it", 0, 50000], ["other", 50000, 100000]]}}
SALE = {"id": "sale", "if": {"attribute": "now", "op": "before", "values": ["2026-11-21T12:00:00Z"]}}


def a_flag(value_type: str = "boolean", value: object = True, **members: Any) -> dict[str, Any]:
    return {
        "type": value_type,
        "variants": {"it": value, "other": value},
        "salt": "s",
        "bucketing": 1,
        "client_visible": True,
        "metadata": {},
        "version": 3,
        "enabled": True,
        "off": None,
        "prerequisites": None,
        "targets": [],
        "rules": [],
        "fallthrough": {"variant": "it"},
        **members,
    }


def a_view(*, version: int = 42, client: bool = False, key: str = "a", **flags: dict[str, Any]) -> View:
    document = {"format": 1, "environment": "e", "version": version, "issued": "2026-11-21T10:00:00Z", "segments": {}}
    return View(
        "production", ruleset_from({**document, "flags": flags}), f"sha256:{version}", client, key * 64, Repeated()
    )


def written(flag: dict[str, Any], **context: object) -> Any:
    return item(evaluate(a_view(f=flag).ruleset, "f", context_from(context), NOW))


def bulk(view: View, *, now: datetime = NOW, told: int | None = None, tag: str = "", **context: object) -> Reply:
    return ofrep.all_flags(view, context_from(context), now, {"if-none-match": tag}, told)


def tag_of(reply: Reply) -> str:
    return dict(reply.headers)["ETag"]


@pytest.mark.parametrize(
    ("value_type", "value", "literal"),
    [
        ("boolean", False, b"false"),
        ("string", "", b'""'),
        ("integer", 10, b"10"),
        ("double", 10, b"10.0"),
        ("double", 0, b"0.0"),
        ("double", 1e16, b"1.0e+16"),
        ("json", {"b": 10.0}, b'{"b":10}'),
    ],
)
def test_each_type_has_its_literal(value_type: str, value: object, literal: bytes) -> None:
    rest = b',"reason":"STATIC","variant":"it","metadata":{"flagVersion":3}}'

    assert written(a_flag(value_type, value)) == b'{"key":"f","value":' + literal + rest


def test_metadata_is_the_flags_own_and_its_version() -> None:
    answer = json.loads(written(a_flag(metadata={"team": "checkout", "level": 2})))

    assert answer["metadata"] == {"team": "checkout", "level": 2, "flagVersion": 3}


@pytest.mark.parametrize(
    ("members", "reason"),
    [({"enabled": False}, "DISABLED"), ({"fallthrough": None}, "DEFAULT")],
    ids=["off without variant", "code default"],
)
def test_no_value_means_no_member_and_an_empty_variant(members: dict[str, Any], reason: str) -> None:
    assert json.loads(written(a_flag(**members))) == {
        "key": "f",
        "reason": reason,
        "variant": "",
        "metadata": {"flagVersion": 3},
    }


def test_an_off_variant_is_served_without_the_reason_at_which_some_clients_drop_the_value() -> None:
    answer = json.loads(written(a_flag(enabled=False, off="other")))

    assert (answer["value"], answer["reason"], answer["metadata"]["enabled"]) == (True, "STATIC", False)


def test_an_error_has_its_code_and_words_and_metadata() -> None:
    answer = json.loads(written(a_flag(fallthrough=SPLIT)))

    assert answer.pop("errorDetails")
    assert answer == {"key": "f", "errorCode": "TARGETING_KEY_MISSING", "metadata": {"flagVersion": 3}}


@pytest.mark.parametrize(
    ("flag", "status", "code"),
    [
        (a_flag(), 200, None),
        (a_flag(enabled=False), 200, None),
        (a_flag(fallthrough=SPLIT), 400, "TARGETING_KEY_MISSING"),
        (a_flag(rules=[{"id": "r", "if": {"attribute": "a", "op": "new"}}]), 400, "PARSE_ERROR"),
        (None, 404, "FLAG_NOT_FOUND"),
    ],
)
def test_one_flag_has_the_status_of_its_error(flag: dict[str, Any] | None, status: int, code: str | None) -> None:
    view = a_view(f=flag) if flag else a_view()

    reply = ofrep.one_flag(view, "f", NOBODY, NOW)
    answer = json.loads(reply.body)

    assert (reply.status, reply.content_type, answer.get("errorCode")) == (status, "application/json", code)
    assert answer["key"] == "f"
    assert isinstance(answer["metadata"], dict)
    assert code is None or answer["errorDetails"]


def test_a_key_that_is_no_text_is_repeated_all_the_same() -> None:
    assert json.loads(ofrep.one_flag(a_view(), "\ud800\u0000é", NOBODY, NOW).body)["key"] == "\ud800\u0000é"


def test_all_flags_stand_once_each_in_the_order_of_their_keys() -> None:
    view = a_view(b=a_flag(), a=a_flag(enabled=False), split=a_flag(fallthrough=SPLIT))

    reply = bulk(view)
    answer = json.loads(reply.body)

    assert reply.status == 200
    assert [each["key"] for each in answer["flags"]] == ["a", "b", "split"]
    assert answer["flags"][2]["errorCode"] == "TARGETING_KEY_MISSING"
    assert answer["metadata"] == {"environment": "production", "version": 42}
    assert list(answer) == ["flags", "metadata", "eventStreams"]


def test_equal_questions_get_equal_bytes() -> None:
    first, second = (bulk(a_view(b=a_flag(), a=a_flag()), targetingKey="u1") for _ in range(2))

    assert (first.body, first.headers) == (second.body, second.headers)


def test_the_stream_is_named_without_an_origin_and_holds_a_token_of_the_key() -> None:
    (stream,) = json.loads(bulk(a_view()).body)["eventStreams"]
    path, _, text = stream["endpoint"]["requestUri"].partition("?token=")
    token = tokens.parse(text)

    assert (stream["type"], stream["inactivityDelaySec"], list(stream["endpoint"])) == ("sse", 120, ["requestUri"])
    assert path == "/ofrep/v1/stream"
    assert token is not None
    assert tokens.is_valid(token, "a" * 64, NOW.timestamp())


def test_the_stream_stays_the_same_for_hours() -> None:
    hours = [ofrep.stream_address(a_view(), NOW + timedelta(minutes=minutes)) for minutes in (0, 119, 300)]

    assert hours[0] == hours[1] != hours[2]


def test_a_tag_that_still_holds_is_304_with_the_tag() -> None:
    tag = tag_of(bulk(a_view(f=a_flag())))

    for asked in (tag, f"W/{tag}", f'"x", {tag}', "*", tag.strip('"')):
        reply = bulk(a_view(f=a_flag()), tag=asked)
        assert (reply.status, reply.body, tag_of(reply)) == (304, b"", tag)


def test_the_tag_depends_on_everything_that_the_answer_does() -> None:
    tags = [
        tag_of(bulk(a_view())),
        tag_of(bulk(a_view(version=43))),
        tag_of(bulk(a_view(client=True))),
        tag_of(bulk(a_view(key="b"))),
        tag_of(bulk(a_view(), targetingKey="u1")),
        tag_of(bulk(a_view(), targetingKey="u1", email="u1@example.com")),
        tag_of(bulk(a_view(), now=NOW + timedelta(hours=4))),
    ]

    assert len(set(tags)) == len(tags)


def test_where_a_rule_reads_the_clock_the_tag_changes_when_the_values_do() -> None:
    view = a_view(f=a_flag(rules=[{**SALE, "serve": {"variant": "other"}}]))
    during, later, after = (NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=121))

    tag = tag_of(bulk(view, now=during))

    assert bulk(view, now=later, tag=tag).status == 304
    assert bulk(view, now=after, tag=tag).status == 200


@pytest.mark.parametrize(("told", "status"), [(None, 304), (42, 304), (41, 200), (43, 200), (0, 200)])
def test_who_was_told_of_another_version_gets_the_flags_whatever_its_tag(told: int | None, status: int) -> None:
    view = a_view(f=a_flag())

    assert bulk(view, tag=tag_of(bulk(view)), told=told).status == status


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", None),
        ("a=b&c", None),
        ("flagConfigEtag=42", 42),
        ("flagConfigEtag=42&flagConfigLastModified=1771622898&x=%FF", 42),
        ("flagConfigEtag=", 0),
        ("flagConfigEtag", 0),
        ("flagConfigEtag=%2242%22", 0),
        ("flagConfigEtag=" + "9" * 100, 0),
    ],
)
def test_the_version_that_an_event_told_is_read_from_the_query(query: str, told: int | None) -> None:
    assert ofrep.told_version(query) == told


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b'{"context":null}', b'{"context":{}}', b'{"other":[1]}'])
def test_no_context_is_the_empty_one(body: bytes) -> None:
    assert ofrep.context_of_body(body).attributes == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"\xff", "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b"5", "PARSE_ERROR"),
        (b'{"context":{"a":1,"a":2}}', "PARSE_ERROR"),
        (b'{"context":5}', "INVALID_CONTEXT"),
        (b'{"context":[]}', "INVALID_CONTEXT"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_its_code(body: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        ofrep.context_of_body(body)

    reply = failure(refused.value.reply, ofrep.FLAGS)

    assert reply.status == 400
    assert json.loads(reply.body)["errorCode"] == code


@pytest.mark.parametrize(
    "said",
    [
        bad_request("x").reply,
        bad_context("x").reply,
        bad_key().reply,
        too_large(5),
        problem(429, "too-many", "Too many", "Wait.", headers=(("Retry-After", "1"),)),
        problem(500, "internal-error", "Broken", 'It said "no" \ud800.'),
    ],
    ids=lambda said: str(said.status),
)
@pytest.mark.parametrize("path", [ofrep.FLAGS, f"{ofrep.FLAGS}/some-flag"])
def test_every_failure_has_what_some_client_cannot_do_without(said: Problem, path: str) -> None:
    reply = failure(said, path)
    document = json.loads(reply.body)

    assert (reply.status, reply.headers, reply.content_type) == (said.status, said.headers, "application/json")
    assert document["errorDetails"] == said.detail
    assert (document["metadata"], type(document["errorCode"])) == ({}, str)
    assert document.get("key") == ("some-flag" if path.endswith("/some-flag") else None)
