"""What is written once and given to many."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.core.manifest import ruleset_from
from evaluation.wire import sdk_api
from evaluation.wire.view import View

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
LATE = {"attribute": "now", "op": "after", "values": ["2020-01-01T00:00:00Z"]}


def a_view(*, client: bool = False, rules: Any = (), **members: Any) -> View:
    flag = {"type": "boolean", "variants": {"on": True}, "enabled": True, "fallthrough": {"variant": "on"}}
    document = {"format": 1, "environment": "e", "version": 1, "flags": {"a": {**flag, "rules": list(rules)}}}
    return View("production", ruleset_from(document), "checksum", client, "ab" * 32, **members)


def body(view: View, **attributes: Any) -> bytes:
    return sdk_api.all_flags(view, context_from(attributes), NOW, {}).body


def test_who_says_nothing_of_itself_gets_what_was_written_for_another() -> None:
    view = a_view()

    assert body(view) is body(view)
    assert body(view, country="IN") == body(view)


def test_each_kind_of_key_has_its_own() -> None:
    server = a_view()
    client = a_view(client=True, written=server.written)

    tags = [dict(sdk_api.all_flags(view, context_from({}), NOW, {}).headers)["ETag"] for view in (server, client)]

    assert tags[0] != tags[1]
    assert len(server.written) == 2


def test_a_tag_is_known_again() -> None:
    view = a_view()
    tag = dict(sdk_api.all_flags(view, context_from({}), NOW, {}).headers)["ETag"]

    assert sdk_api.all_flags(view, context_from({}), NOW, {"if-none-match": tag}).status == 304


@pytest.mark.parametrize("rules", [[{"id": "r", "if": LATE, "serve": {"variant": "on"}}]])
def test_where_rules_read_the_clock_nothing_is_kept(rules: Any) -> None:
    view = a_view(rules=rules)

    assert body(view) == body(view)
    assert view.written == {}
