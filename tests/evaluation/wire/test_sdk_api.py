"""What is written once and given to many."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.core.manifest import ruleset_from
from evaluation.wire import sdk_api
from evaluation.wire.replies import Reply
from evaluation.wire.view import LONGEST_QUERY, MOST_TAGS, Repeated, View

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
LATE = {"attribute": "now", "op": "after", "values": ["2020-01-01T00:00:00Z"]}


def a_view(*, client: bool = False, rules: Any = (), **members: Any) -> View:
    flag = {"type": "boolean", "variants": {"on": True}, "enabled": True, "fallthrough": {"variant": "on"}}
    document = {"format": 1, "environment": "e", "version": 1, "flags": {"a": {**flag, "rules": list(rules)}}}
    return View(
        "production", ruleset_from(document), "checksum", client, "ab" * 32, members.get("repeated", Repeated())
    )


def body(view: View, **attributes: Any) -> bytes:
    return sdk_api.all_flags(view, context_from(attributes), NOW, {}).body


def test_who_says_nothing_of_itself_gets_what_was_written_for_another() -> None:
    view = a_view()

    assert body(view) is body(view)
    assert body(view, country="IN") == body(view)


def test_each_kind_of_key_has_its_own() -> None:
    server = a_view()
    client = a_view(client=True, repeated=server.repeated)

    tags = [dict(sdk_api.all_flags(view, context_from({}), NOW, {}).headers)["ETag"] for view in (server, client)]

    assert tags[0] != tags[1]
    assert len(server.repeated.whole) == 2


def test_a_tag_is_known_again() -> None:
    view = a_view()
    tag = dict(sdk_api.all_flags(view, context_from({}), NOW, {}).headers)["ETag"]

    assert sdk_api.all_flags(view, context_from({}), NOW, {"if-none-match": tag}).status == 304


@pytest.mark.parametrize("rules", [[{"id": "r", "if": LATE, "serve": {"variant": "on"}}]])
def test_where_rules_read_the_clock_nothing_is_kept(rules: Any) -> None:
    view = a_view(rules=rules)

    assert body(view) == body(view)
    assert not view.repeated.whole


def by_query(view: View, query: str, tag: str = "") -> Reply:
    return sdk_api.all_flags_by_query(view, query, NOW, {"if-none-match": tag})


def tag_of(reply: Reply) -> str:
    return dict(reply.headers)["ETag"]


def test_a_query_that_is_said_again_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    view = a_view()
    tag = tag_of(by_query(view, "country=IN"))
    first = by_query(view, "country=IN", tag)

    monkeypatch.setattr(sdk_api, "query_pairs", None)  # who reads it now fails

    assert by_query(view, "country=IN", tag) == first
    assert first.status == 304


def test_another_query_another_kind_of_key_and_another_tag_are_answered_for_themselves() -> None:
    server = a_view()
    client = a_view(client=True, repeated=server.repeated)
    tag = tag_of(by_query(server, "country=IN", "unknown"))

    assert by_query(server, "country=LV", tag).status == 200
    assert by_query(client, "country=IN", tag).status == 200
    assert by_query(server, "country=IN", '"another"').status == 200


def test_where_rules_read_the_clock_no_tag_is_kept() -> None:
    view = a_view(rules=[{"id": "r", "if": LATE, "serve": {"variant": "on"}}])
    tag = tag_of(by_query(view, "country=IN"))

    assert by_query(view, "country=IN", tag).status == 304
    assert not view.repeated.tags


def test_what_is_kept_is_bounded() -> None:
    view = a_view()
    by_query(view, "country=" + "x" * LONGEST_QUERY, "unknown")
    for number in range(MOST_TAGS + 10):
        view.repeated.keep_tag(("production", False, str(number)), "tag")

    assert len(view.repeated.tags) == MOST_TAGS
