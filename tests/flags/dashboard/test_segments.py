"""Segments on pages: made and edited with rules as text, and where they are used."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import services
from flags.models import Flag, FlagConfig, Segment
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tests.conftest import Browser
from tests.flags.dashboard.conftest import SHOP

SEGMENTS = f"{SHOP}/segments/"
NEW = f"{SHOP}/new-segment/"
STAFF = f"{SEGMENTS}staff/"
MakeSegment = Callable[..., Segment]
RULE = 'match email ends_with "@acme.example"'
TYPED = {"name": "Staff", "rules": RULE, "included": "user-1, user-2\nuser-3", "excluded": "user-9", "version": "1"}


def test_a_segment_is_made_from_text_and_lists(browser: Browser, bob: User, development: Environment) -> None:
    answer = browser(bob).post(NEW, TYPED | {"key": "staff"})

    segment = Segment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, STAFF)
    assert segment.rules == [{"attribute": "email", "op": "ends_with", "values": ["@acme.example"]}]
    assert (segment.included, segment.excluded) == (["user-1", "user-2", "user-3"], ["user-9"])


def test_an_edit_comes_back_as_it_was_typed(browser: Browser, bob: User, a_segment: MakeSegment) -> None:
    a_segment("staff")
    client = browser(bob)

    client.post(STAFF, TYPED)
    page = client.get(STAFF).content.decode()

    assert Segment.objects.get().version == 2
    assert "match email ends_with &quot;@acme.example&quot;" in page
    assert "user-1\nuser-2\nuser-3</textarea>" in page


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"rules": "match email ends_like"}, "Line 1, column 13:"),
        ({"rules": 'include "user-1"'}, "Write single people into the fields below"),
        ({"rules": 'match segment "nobody"'}, "nobody"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(
    given: dict[str, str], complaint: str, browser: Browser, bob: User, a_segment: MakeSegment
) -> None:
    a_segment("staff")

    answer = browser(bob).post(STAFF, TYPED | {"comment": "kept words"} | given)

    assert (answer.status_code, complaint in answer.content.decode()) == (422, True)
    assert "kept words" in answer.content.decode()
    assert Segment.objects.get().version == 1


def test_a_conflict_keeps_both(browser: Browser, bob: User, a_segment: MakeSegment, as_ada: Actor) -> None:
    services.edit_segment(a_segment("staff"), {"name": "Everybody"}, actor=as_ada)

    page = browser(bob).post(STAFF, TYPED).content.decode()

    assert "Ada saved version 2" in page
    assert "user-1, user-2" in page
    assert '<input type="hidden" name="version" value="2"' in page


def test_a_segment_says_where_it_is_used(
    browser: Browser, bob: User, a_segment: MakeSegment, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    a_segment("staff")
    a_segment("crew", name="The crew", rules=[{"segment": "staff"}])
    configured(checkout, rules=[{"id": "r1", "if": {"segment": "staff"}, "serve": {"variant": "on"}}])

    page = browser(bob).get(STAFF).content.decode()

    assert f'href="{SHOP}/flags/checkout/environments/development/"' in page
    assert f'the segment <a href="{SEGMENTS}crew/">The crew</a>' in page


def test_the_list_says_how_many_flags_ask_for_each(
    browser: Browser,
    bob: User,
    a_segment: MakeSegment,
    checkout: Flag,
    configured: Callable[..., FlagConfig],
) -> None:
    for key in ("staff", "crew"):
        a_segment(key)
    asking = {"all": [{"segment": "staff"}, {"not": {"segment": "staff"}}]}
    named = 'not "segment": "crew"'
    configured(checkout, rules=[{"id": "r1", "name": named, "if": asking, "serve": {"variant": "on"}}])

    page = browser(bob).get(SEGMENTS).content.decode()

    assert page.count("1 flag<") == 1
    assert page.count("no flag<") == 1


def test_the_list_counts_and_teaches(browser: Browser, bob: User, a_segment: MakeSegment, shop: Project) -> None:
    assert "No segments yet" in browser(bob).get(SEGMENTS).content.decode()

    a_segment("staff", included=["a", "b"], excluded=["c"])

    assert "0 rules, 2 by name, 1 never" in browser(bob).get(SEGMENTS).content.decode()


def test_a_segment_is_deleted_by_an_admin_and_comes_back(
    browser: Browser, ada: User, bob: User, a_segment: MakeSegment
) -> None:
    a_segment("staff")
    assert browser(bob).post(f"{STAFF}delete/", {"key": "staff"}).status_code == 403

    browser(ada).post(f"{STAFF}delete/", {"key": "staff"})
    assert not Segment.objects.exists()
    assert "Undelete" in browser(ada).get(SEGMENTS).content.decode()
    assert "Undelete" not in browser(bob).get(SEGMENTS).content.decode()
    assert browser(bob).post(f"{STAFF}undelete/").status_code == 403
    browser(ada).post(f"{STAFF}undelete/")

    assert Segment.objects.exists()


def test_viewer_reads_and_changes_nothing(browser: Browser, vera: User, a_segment: MakeSegment) -> None:
    a_segment("staff")

    page = browser(vera).get(STAFF).content.decode()
    answers = [browser(vera).post(address, TYPED | {"key": "crew"}).status_code for address in (STAFF, NEW)]

    assert "It takes the role member to change a segment. You are viewer." in page
    assert answers == [403, 403]
    assert Segment.objects.get().version == 1


def test_outsider_finds_no_segments(browser: Browser, charlie: User, globex: object, a_segment: MakeSegment) -> None:
    a_segment("staff")
    pages: list[Any] = [browser(charlie).get(address) for address in (SEGMENTS, NEW, STAFF, f"{STAFF}delete/")]

    assert [page.status_code for page in pages] == [404, 404, 404, 404]
