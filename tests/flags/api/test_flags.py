"""Flags by the API: made, found, listed, changed, and out of the way."""

from collections.abc import Callable
from typing import Any

import pytest

from flags.models import Flag
from tenants.models import Environment
from tests.tenants.api.conftest import ACME, SHOP, Caller, paths_of, problem_of

pytestmark = pytest.mark.django_db

FLAGS = f"{SHOP}/flags/"
CHECKOUT = f"{SHOP}/flags/checkout"
MakeFlag = Callable[..., Flag]


def keys_of(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [flag["key"] for flag in answer.json()["results"]]


def test_a_flag_is_made_and_found_where_location_says(program: Caller, development: Environment) -> None:
    answer = program.post(FLAGS, {"key": "checkout", "type": "boolean", "comment": "for the autumn"})

    assert answer.status_code == 201
    assert (answer["Location"], answer["ETag"]) == (CHECKOUT, '"1"')
    assert program.get(CHECKOUT).json() == {name: value for name, value in answer.json().items() if name != "warnings"}
    event = program.get(f"{ACME}/audit/", verb="flag.created").json()["results"][0]
    assert (event["comment"], event["actor"]["kind"]) == ("for the autumn", "api_key")


def test_every_fault_of_a_body_is_named_by_its_path(program: Caller, development: Environment) -> None:
    answer = program.post(FLAGS, {"key": "a b", "type": "bolean", "surprise": 1})

    assert paths_of(problem_of(answer, 400, "invalid")) == ["surprise", "key", "type"]
    assert keys_of(program.get(FLAGS)) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"key": "a", "key": "b"}', 400),
        (b'{"key": "a", "metadata": {"n": NaN}}', 400),
        (b'{"key": "a", "metadata": {"n": 1e999}}', 400),
        (b'{"key": "\xff"}', 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b"[" * 70 + b"]" * 70, 400),
        (b'{"key": "a\\u0000"}', 400),
        (b'{"key": "\\ud800"}', 400),
        (b'{"key": "a", "comment": 7}', 400),
        (b'{"key": "a", "comment": "\\u0000"}', 400),
        (b'{"key": "' + b"a" * 1_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_cannot_be_read_makes_nothing(
    body: bytes, status: int, program: Caller, development: Environment
) -> None:
    answer = program.post(FLAGS, body)

    problem_of(answer, status)
    assert not Flag.with_deleted.exists()


def test_only_json_is_taken(program: Caller, development: Environment) -> None:
    answer = program.client.post(FLAGS, {"key": "a"}, headers=program.headers)

    problem_of(answer, 415, "unsupported-media-type")


def test_a_method_that_means_nothing_here_says_what_does(program: Caller, a_flag: MakeFlag) -> None:
    a_flag("checkout")

    answer = program.post(CHECKOUT)

    problem_of(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "GET, HEAD, PUT, PATCH, DELETE"


def test_a_list_goes_on_by_cursor_in_both_directions(program: Caller, a_flag: MakeFlag) -> None:
    for number in range(7):
        a_flag(f"flag-{number}")

    first = program.get(FLAGS, limit="3")
    second = program.get(first.json()["next"])
    third = program.get(second.json()["next"])
    back = program.get(second.json()["previous"])

    assert keys_of(first) + keys_of(second) + keys_of(third) == [f"flag-{number}" for number in range(7)]
    assert (first.json()["previous"], third.json()["next"]) == (None, None)
    assert keys_of(back) == keys_of(first)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["banner", "checkout"]),
        ({"search": "BANN"}, ["banner"]),
        ({"search": "ßer"}, ["banner"]),
        ({"search": "%"}, []),
        ({"archived": "true"}, ["old"]),
        ({"archived": "all"}, ["banner", "checkout", "old"]),
        ({"kind": "experiment"}, ["banner"]),
        ({"type": "string"}, ["banner"]),
        ({"tag": "größer"}, ["banner"]),
        ({"tag": "grö"}, []),
        ({"enabled_in": "development"}, ["checkout"]),
    ],
)
def test_a_list_is_filtered(
    query: dict[str, str], found: list[str], program: Caller, a_flag: MakeFlag, configured: Callable[..., Any]
) -> None:
    a_flag("banner", type="string", variants={"a": "1"}, kind="experiment", tags=["größer", 'a"b'])
    configured(a_flag("checkout"))
    a_flag("old")
    program.post(f"{FLAGS}old/archive")

    assert keys_of(program.get(FLAGS, **query)) == found


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"serach": "x"}, "serach"),
        ({"kind": "x"}, "kind"),
        ({"archived": "x"}, "archived"),
        ({"limit": "201"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "cD0lMDA="}, "cursor"),
        ({"enabled_in": "nowhere"}, "enabled_in"),
        ({"environment": "a\0"}, "environment"),
    ],
)
def test_a_query_that_means_nothing_is_refused(
    query: dict[str, str], path: str, program: Caller, development: Environment
) -> None:
    answer = program.get(FLAGS, **query)

    assert paths_of(problem_of(answer, 400, "invalid")) == [path]


def test_a_list_shows_the_states_of_one_environment(
    program: Caller, a_flag: MakeFlag, configured: Callable[..., Any]
) -> None:
    configured(a_flag("checkout"))
    a_flag("other")

    flags = program.get(FLAGS, environment="development").json()["results"]

    assert [(flag["key"], flag["state"]["enabled"]) for flag in flags] == [("checkout", True), ("other", False)]


@pytest.mark.parametrize(
    ("query", "queries"),
    [({}, 3), ({"environment": "development"}, 5), ({"enabled_in": "development", "tag": "a"}, 4)],
)
def test_a_long_list_takes_no_more_queries_than_a_short_one(
    query: dict[str, str],
    queries: int,
    program: Caller,
    a_flag: MakeFlag,
    configured: Callable[..., Any],
    django_assert_num_queries: Callable[..., Any],
) -> None:
    def fill(start: int, end: int) -> None:
        for number in range(start, end):
            configured(a_flag(f"flag-{number:03}", tags=["a"]))

    fill(0, 10)
    with django_assert_num_queries(queries):
        assert len(keys_of(program.get(FLAGS, limit="200", **query))) == 10
    fill(10, 100)
    with django_assert_num_queries(queries):
        assert len(keys_of(program.get(FLAGS, limit="200", **query))) == 100


def test_a_patch_changes_what_it_names(program: Caller, a_flag: MakeFlag) -> None:
    a_flag("checkout", tags=["a"], description="kept")

    answer = program.patch(CHECKOUT, {"tags": ["b"]}, if_match=1)

    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert (answer.json()["tags"], answer.json()["description"]) == (["b"], "kept")


def test_a_put_may_only_create(program: Caller, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    only_new = {"If-None-Match": "*"}

    refused = program.put(CHECKOUT, {"name": "Mine"}, headers=only_new)
    made = program.put(f"{FLAGS}other", {}, headers=only_new)

    problem_of(refused, 409, "conflict")
    assert made.status_code == 201
    assert program.get(CHECKOUT).json()["name"] == "checkout"


@pytest.mark.parametrize("tag", ["7", 'W/"1"', "*", '"1", "2"', '"a"'])
def test_an_if_match_that_names_no_version_is_refused(tag: str, program: Caller, a_flag: MakeFlag) -> None:
    a_flag("checkout")

    problem_of(program.patch(CHECKOUT, {"name": "x"}, headers={"If-Match": tag}), 400, "bad-request")


def test_a_put_with_a_version_creates_nothing(program: Caller, development: Environment) -> None:
    problem_of(program.put(CHECKOUT, {}, if_match=3), 409, "version-conflict")

    assert not Flag.with_deleted.exists()


def test_a_put_keeps_the_key_of_its_address(program: Caller, a_flag: MakeFlag) -> None:
    a_flag("checkout")

    assert paths_of(problem_of(program.put(CHECKOUT, {"key": "other"}), 400)) == ["key"]


def test_a_deleted_flag_is_gone_until_it_is_undeleted(program: Caller, a_flag: MakeFlag) -> None:
    a_flag("checkout")

    gone = program.delete(f"{CHECKOUT}?comment=done", if_match=1)

    assert (gone.status_code, gone.content) == (204, b"")
    problem_of(program.get(CHECKOUT), 404)
    problem_of(program.put(CHECKOUT, {}), 409, "conflict")
    assert program.get(f"{ACME}/audit/", verb="flag.deleted").json()["results"][0]["comment"] == "done"
    assert program.post(f"{CHECKOUT}/undelete").status_code == 200
    assert program.get(CHECKOUT).status_code == 200


def test_archiving_is_taken_back(program: Caller, a_flag: MakeFlag) -> None:
    a_flag("checkout")

    archived = program.post(f"{CHECKOUT}/archive", {"comment": "out of use"}).json()["archived_at"]
    back = program.post(f"{CHECKOUT}/unarchive").json()["archived_at"]

    assert (archived is None, back) == (False, None)


def test_a_stale_delete_deletes_nothing(program: Caller, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    program.patch(CHECKOUT, {"name": "New"})

    problem_of(program.delete(CHECKOUT, if_match=1), 409, "version-conflict")
    assert program.get(CHECKOUT).status_code == 200
