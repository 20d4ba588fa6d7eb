"""All flags and one flag, as applications ask for them."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.wire import tokens
from flags import services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import Environment, Project
from tests.evaluation.api.conftest import Ask
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db(transaction=True)

INDIA = {"attribute": "country", "op": "in", "values": ["IN"]}


@pytest.fixture(autouse=True)
def shop_flags(a_flag: MakeFlag, development: Environment, publish: Callable[[], int], client_key: str) -> None:
    a_flag("banner", development, enabled=True)
    a_flag(
        "checkout",
        development,
        enabled=True,
        rules=[{"id": "r1", "if": INDIA, "serve": {"variant": "on"}}],
        fallthrough={"variant": "off"},
    )
    a_flag("hidden", development, flag={"client_visible": False}, enabled=True)
    a_flag("price", development, flag={"type": "double", "variants": {"on": 10.0, "off": 1.0}}, enabled=True)
    a_flag("quiet", development, enabled=False, off=None)
    a_flag("split", development, enabled=True, fallthrough={"split": {"weights": {"on": 50, "off": 50}}})
    publish()


def test_a_server_key_gets_every_flag(ask: Ask, server_key: str) -> None:
    answer = ask("flags", key=server_key, targetingKey="u1", country="IN").json()

    assert answer["environment"] == "development"
    assert list(answer["flags"]) == ["banner", "checkout", "hidden", "price", "quiet", "split"]
    assert answer["flags"]["checkout"] == {
        "value": True,
        "variant": "on",
        "reason": "TARGETING_MATCH",
        "version": 2,
        "metadata": {"rule": "r1"},
    }


def test_a_client_key_gets_the_visible_ones(ask: Ask, client_key: str) -> None:
    answer = ask("flags", key=client_key, targetingKey="u1").json()

    assert "hidden" not in answer["flags"]
    assert "banner" in answer["flags"]


def test_a_double_keeps_its_point(ask: Ask, server_key: str) -> None:
    assert b'"price":{"value":10.0,' in ask("flags", key=server_key, targetingKey="u1").content


def test_a_flag_without_value_has_no_member_for_it(ask: Ask, server_key: str) -> None:
    answer = ask("flags", key=server_key, targetingKey="u1").json()

    assert answer["flags"]["quiet"] == {"variant": "", "reason": "DISABLED", "version": 2, "metadata": {}}


def test_one_flag_in_error_leaves_the_others_alone(ask: Ask, server_key: str) -> None:
    answer = ask("flags", key=server_key).json()

    assert answer["flags"]["split"]["errorCode"] == "TARGETING_KEY_MISSING"
    assert answer["flags"]["banner"]["value"] is True


def test_get_and_post_answer_the_same_bytes(ask: Ask, server_key: str) -> None:
    body = {"context": {"targetingKey": "u1", "country": "IN"}}

    assert (
        ask("flags", key=server_key, body=body).content
        == ask("flags", key=server_key, targetingKey="u1", country="IN").content
    )


@pytest.mark.parametrize("alias", ["user_id", "userId"])
def test_an_alias_stands_for_the_targeting_key(alias: str, ask: Ask, server_key: str) -> None:
    by_alias = ask("flags/split", key=server_key, **{alias: "u1"}).json()

    assert by_alias == ask("flags/split", key=server_key, targetingKey="u1").json()


def test_one_flag_begins_with_its_key(ask: Ask, server_key: str) -> None:
    answer = ask("flags/checkout", key=server_key, country="IN")

    assert answer.content.startswith(b'{"key":"checkout","value":true,')


@pytest.mark.parametrize("key", ["nothing", "CHECKOUT", "checkout/", "a/b", "%00", "\u0926"])
def test_an_unknown_flag_is_a_problem(key: str, ask: Ask, server_key: str) -> None:
    answer = ask(f"flags/{key}", key=server_key)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_hidden_flag_is_as_unknown_as_one_that_is_not_there(ask: Ask, client_key: str) -> None:
    hidden, absent = ask("flags/hidden", key=client_key), ask("flags/absent", key=client_key)

    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content.replace(b"absent", b"hidden")


def test_a_matching_tag_is_answered_with_304(ask: Ask, server_key: str) -> None:
    first = ask("flags", key=server_key, targetingKey="u1")

    again = ask("flags", key=server_key, targetingKey="u1", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_the_tag_depends_on_the_context(ask: Ask, server_key: str) -> None:
    first = ask("flags", key=server_key, targetingKey="u1")

    assert ask("flags", key=server_key, targetingKey="u2", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_tag_depends_on_the_kind_of_key(ask: Ask, server_key: str, client_key: str) -> None:
    first = ask("flags", key=server_key, targetingKey="u1")

    assert ask("flags", key=client_key, targetingKey="u1", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_tag_depends_on_the_version(
    ask: Ask, server_key: str, shop: Project, development: Environment, publish: Callable[[], int], system: Actor
) -> None:
    first = ask("flags", key=server_key, targetingKey="u1")
    services.toggle_flag(shop.flags.get(key="banner"), development, enabled=False, actor=system)
    publish()

    again = ask("flags", key=server_key, targetingKey="u1", headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 200
    assert again.json()["flags"]["banner"]["value"] is False


def test_the_tag_depends_on_time_where_a_rule_reads_the_clock(
    ask: Ask, server_key: str, a_flag: MakeFlag, development: Environment, publish: Callable[[], int]
) -> None:
    until = {"attribute": "now", "op": "before", "values": ["2100-01-01T00:00:00Z"]}
    a_flag("sale", development, enabled=True, rules=[{"if": until, "serve": {"variant": "on"}}])
    publish()
    first = ask("flags", key=server_key, targetingKey="u1")

    again = ask("flags", key=server_key, targetingKey="u1", headers={"If-None-Match": first["ETag"]})

    assert first.json()["flags"]["sale"]["value"] is True
    assert again.status_code == 304


def test_a_warm_question_costs_no_query(ask: Ask, server_key: str) -> None:
    ask("flags", key=server_key, targetingKey="u1")

    with CaptureQueriesContext(connection) as queries:
        ask("flags", key=server_key, targetingKey="u2")
        ask("flags/banner", key=server_key, targetingKey="u3")
        ask("ruleset", key=server_key)

    assert len(queries) == 0


@pytest.mark.parametrize("more", [0, 40])
def test_a_cold_question_costs_the_same_however_many_flags_there_are(
    more: int, ask: Ask, server_key: str, a_flag: MakeFlag, publish: Callable[[], int]
) -> None:
    for number in range(more):
        a_flag(f"more-{number}")
    publish()

    with CaptureQueriesContext(connection) as queries:
        ask("flags", key=server_key, targetingKey="u1")

    # The key and the head; the manifest itself comes from the cache.
    assert len(queries) == 2


def test_no_proxy_may_share_an_answer(ask: Ask, server_key: str) -> None:
    answer = ask("flags", key=server_key, targetingKey="u1")

    assert answer["Cache-Control"] == "private, no-cache"
    assert "X-API-Key" in answer["Vary"]


def test_the_three_forms_of_a_key_open_the_same(ask: Ask, server_key: str) -> None:
    forms: list[dict[str, Any]] = [
        {"X-API-Key": server_key},
        {"Authorization": f"Bearer {server_key}"},
        {"Authorization": server_key},
    ]

    assert {ask("flags", headers=form, targetingKey="u1").content for form in forms} == {
        ask("flags", key=server_key, targetingKey="u1").content
    }


def test_every_answer_for_all_flags_has_a_token_for_streams(ask: Ask, client_key: str) -> None:
    first = ask("flags", key=client_key)
    again = ask("flags", key=client_key, headers={"If-None-Match": first["ETag"]})
    token = tokens.parse(first["FlagForge-Stream-Token"])

    assert again.status_code == 304
    assert again["FlagForge-Stream-Token"] == first["FlagForge-Stream-Token"]
    assert "FlagForge-Stream-Token" in first["Access-Control-Expose-Headers"]
    assert token is not None
    assert tokens.is_valid(token, sha256_of(client_key), time.time())
