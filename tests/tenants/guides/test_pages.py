"""The documentation as pages: every one is there, leads to others that are there, and asks the database nothing."""

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tenants.guides import contents, places
from tenants.guides.markdown import html_of
from tenants.guides.outlines import outline_of
from tenants.models import User
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SLUGS = list(places.files())


def links(slug: str) -> Iterator[str]:
    """Addresses of this server that the page leads to."""
    for link in re.findall(r'(?:href|src|srcset)="([^"]*)"', html_of(slug)):
        if not re.match(r"https?://|mailto:", link):
            yield html.unescape(link)


def test_every_file_is_a_page_that_stands_in_the_navigation() -> None:
    listed = {entry.slug for group in contents.groups() for entry in group.entries}

    assert {slug for slug in SLUGS if slug and not slug.startswith("project/")} <= listed


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_leads_to_what_is_there(slug: str) -> None:
    for link in links(slug):
        path, _, anchor = unquote(link).partition("#")
        there = slug if not path else path.removeprefix("/docs/").removesuffix("/")
        if there.endswith((".png", ".svg")):
            assert there in places.pictures(), link
        else:
            assert there in places.files(), link
            assert not anchor or anchor in {section.heading.anchor for section in outline_of(there).sections}, link


@pytest.mark.parametrize("slug", SLUGS)
def test_the_outline_has_the_anchors_of_the_page(slug: str) -> None:
    anchors = re.findall(r'<h\d id="([^"]+)"', html_of(slug))

    assert anchors == [section.heading.anchor for section in outline_of(slug).sections]


def test_a_page_has_navigation_its_headings_and_its_neighbours(client: Client) -> None:
    page = client.get("/docs/relay/").content.decode()

    assert '<a href="/docs/relay/" aria-current="page">The relay</a>' in page
    assert re.search(r'<nav class="guide-toc.*href="#', page, re.DOTALL)
    assert 'rel="prev"' in page
    assert 'rel="next"' in page


def test_pictures_have_their_size_and_a_dark_side(client: Client) -> None:
    page = client.get("/docs/dashboard/").content.decode()

    assert re.search(r'srcset="/docs/screenshots/flags-dark.png"><img src="/docs/screenshots/flags-light.png"', page)
    assert re.search(r'alt="The list of flags" loading="lazy" decoding="async" width="\d+" height="\d+"', page)
    picture = client.get("/docs/screenshots/flags-light.png")
    assert picture["Content-Type"] == "image/png"
    assert b"".join(picture).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "address",
    ["/docs/../flagforge/settings/base.py/", "/docs/%2e%2e/README.md/", "/docs/nothing.png", "/docs/a/../b.png"],
)
def test_no_other_file_is_served(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_page_that_is_not_there_suggests_others(client: Client) -> None:
    answer = client.get("/docs/playgroud/")

    assert answer.status_code == 404
    assert '<a href="/docs/playground/">The playground</a>' in answer.content.decode()
    assert "<script>" not in client.get("/docs/<script>/").content.decode()


PAGES = ["/", "/about/", "/docs/", "/docs/relay/", "/docs/search/?q=relay", "/docs/glossary/", "/docs/nothing/"]


@pytest.mark.parametrize("address", PAGES)
def test_strangers_ask_the_database_nothing(
    client: Client, address: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(address)

    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize("address", PAGES[1:-1])
def test_whoever_has_the_page_gets_304_and_with_another_theme_another_page(client: Client, address: str) -> None:
    tag = client.get(address)["ETag"]

    again = client.get(address, headers={"If-None-Match": tag})
    client.cookies["theme"] = "dark"

    assert (again.status_code, again.content) == (304, b"")
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_the_session_is_all_that_is_asked_for_who_is_signed_in(browser: Browser, alice: User) -> None:
    client = browser(alice)
    client.get("/docs/relay/")

    with CaptureQueriesContext(connection) as captured:
        page = client.get("/docs/relay/").content.decode()

    assert len(captured) <= 2, captured.captured_queries
    assert '<a class="button" href="/">Dashboard</a>' in page


def test_who_is_signed_in_goes_to_work_and_finds_the_landing_page_elsewhere(browser: Browser, alice: User) -> None:
    assert browser(alice).get("/").status_code == 302
    assert "Turn a feature on for chosen people" in browser(alice).get("/about/").content.decode()


def test_pages_are_only_read(client: Client) -> None:
    for address in ("/", "/about/", "/docs/", "/docs/relay/", "/docs/search/", "/docs/screenshots/flags-light.png"):
        assert client.post(address).status_code == 405
