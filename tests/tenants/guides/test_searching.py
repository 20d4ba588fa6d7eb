"""Search in the documentation."""

import pytest
from django.test import Client

from tenants.guides.searching import LONGEST, search


def slugs(asked: str) -> list[str]:
    return [found.page.slug for found in search(asked)]


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        ("playground", "playground"),
        ("Relay", "relay"),
        ("rule language", "rule-language"),
        ("guardrail", "guardrails"),
        ("openfeature python", "python-openfeature"),
    ],
)
def test_the_page_that_is_about_it_comes_first(asked: str, slug: str) -> None:
    assert slugs(asked)[0] == slug


@pytest.mark.parametrize(
    "asked", ["impression", "strategy", "dynamic config", "proxy", "target users", "gate", "toggle"]
)
def test_words_of_other_products_lead_to_the_glossary(asked: str) -> None:
    assert "glossary" in slugs(asked)[:10]


def test_all_words_must_be_there() -> None:
    assert search("relay xyzzy") == []
    assert search("   ") == []


def test_what_was_asked_is_marked_and_harmless() -> None:
    found = search("targetingKey")

    assert any("<mark>targetingKey</mark>" in each.excerpt for each in found)
    assert all("<script" not in each.excerpt for each in search("script"))


def test_long_questions_cost_no_more() -> None:
    assert search("a" * 100_000) == search("a" * LONGEST)


def test_the_page_of_results_works_without_a_script_and_htmx_gets_the_results_alone(client: Client) -> None:
    page = client.get("/docs/search/?q=relay").content.decode()
    part = client.get("/docs/search/?q=relay", headers={"HX-Request": "true"}).content.decode()

    assert '<a href="/docs/relay/">The relay</a>' in page
    assert "<!doctype" not in part
    assert part.strip() in page
    assert "&lt;b&gt;" in client.get("/docs/search/?q=<b>").content.decode()
    assert "Nothing has all of these words" in client.get("/docs/search/?q=xyzzy").content.decode()
