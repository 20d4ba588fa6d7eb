"""The demo page shows the project that the seed made, with client keys only, and never anybody else's."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from flags.dashboard.visitors import VISITORS
from flags.demo import seed
from flags.models import Flag
from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Organization, Project

pytestmark = pytest.mark.django_db
EMPTY = "No demo shop here"


@pytest.fixture
def keys(settings: Settings, tmp_path: Path) -> dict[str, Any]:
    """What the seed made, as its document names it."""
    settings.DATA = tmp_path
    document = seed()
    assert document is not None
    return document


@pytest.fixture
def show(client: Client) -> Callable[..., str]:
    def get(**query: str) -> str:
        answer = client.get("/demo/", query)
        assert answer.status_code == 200
        return str(answer.content.decode())

    return get


def checked(page: str) -> list[str]:
    return re.findall(r'value="(\w+)"[^>]* checked', page)


def client_key_of(environment: Environment, system: Actor, **fields: Any) -> str:
    return services.create_api_key(kind="client", scope=environment, name="web", actor=system, **fields)[1]


def test_an_empty_instance_says_how_to_get_the_demo(show: Callable[..., str]) -> None:
    page = show()

    assert EMPTY in page
    assert "script/server" in page
    assert "demo.js" not in page


def test_everybody_sees_the_seeded_shop_through_its_client_keys(show: Callable[..., str], keys: dict[str, Any]) -> None:
    page = show()

    shown = re.findall(r'value="(\w+)" data-client-key="([\w-]+)"', page)
    assert shown == [(key, made["client_key"]) for key, made in keys["environments"].items()]


def test_no_secret_key_is_on_the_page(show: Callable[..., str], keys: dict[str, Any]) -> None:
    secrets = [keys["relay_key"], keys["token"], *(made["server_key"] for made in keys["environments"].values())]

    page = show()

    assert [secret for secret in secrets if secret in page] == []
    assert set(re.findall(r"ff_[a-z]+_", page)) == {"ff_client_"}


def test_the_page_says_the_line_that_changes_a_flag(show: Callable[..., str], keys: dict[str, Any]) -> None:
    assert "manage.py toggle acme/shop/production new-checkout off" in show()
    assert "manage.py toggle acme/shop/staging new-checkout off" in show(environment="staging")


def test_an_acme_shop_that_somebody_made_is_not_shown(
    show: Callable[..., str], development: Environment, a_flag: Callable[..., Flag], system: Actor
) -> None:
    a_flag("new-checkout")
    key = client_key_of(development, system)

    page = show()

    assert EMPTY in page
    assert key not in page


def test_an_acme_shop_without_flags_is_not_shown(
    show: Callable[..., str], development: Environment, system: Actor
) -> None:
    client_key_of(development, system)

    assert EMPTY in show()


def test_a_shop_of_another_tenant_is_not_shown_beside_the_demo(
    show: Callable[..., str], keys: dict[str, Any], globex: Organization, system: Actor
) -> None:
    project = services.create_project(globex, key="shop", name="Globex secrets", actor=system)
    environment = services.create_environment(project, key="production", name="Production", actor=system)
    key = client_key_of(environment, system)

    page = show()

    assert key not in page
    assert "Globex" not in page


def test_another_project_of_acme_is_not_shown(show: Callable[..., str], keys: dict[str, Any], system: Actor) -> None:
    project = services.create_project(Organization.objects.get(slug="acme"), key="bank", name="Bank", actor=system)
    environment = services.create_environment(project, key="live", name="Live", actor=system)
    key = client_key_of(environment, system)

    assert key not in show()


def test_a_deleted_demo_is_not_shown(show: Callable[..., str], keys: dict[str, Any], system: Actor) -> None:
    services.delete_project(Project.objects.get(), actor=system)

    assert EMPTY in show()


def test_an_environment_without_a_usable_client_key_is_left_out(
    show: Callable[..., str], keys: dict[str, Any], system: Actor
) -> None:
    staging, development = (
        ApiKey.objects.get(kind="client", environment__key=key) for key in ("staging", "development")
    )
    services.revoke_api_key(staging, actor=system)
    ApiKey.objects.filter(pk=development.pk).update(expires_at=timezone.now())

    page = show(environment="staging")

    assert re.findall(r'value="(\w+)" data-client-key', page) == ["production"]
    assert checked(page)[0] == "production"


def test_the_key_of_one_web_site_is_not_given_to_others(
    show: Callable[..., str], keys: dict[str, Any], system: Actor
) -> None:
    production = ApiKey.objects.get(kind="client", environment__key="production")
    ApiKey.objects.filter(pk=production.pk).update(origins=["https://shop.example"])

    assert production.readable not in show()


def test_the_address_chooses_environment_and_visitor(show: Callable[..., str], keys: dict[str, Any]) -> None:
    assert checked(show()) == ["production", VISITORS[0].key]
    assert checked(show(environment="staging", visitor="karl")) == ["staging", "karl"]
    assert checked(show(environment='"><b>', visitor="nobody")) == ["development", VISITORS[0].key]


def test_nothing_inline_needs_a_looser_policy(client: Client, keys: dict[str, Any]) -> None:
    answer = client.get("/demo/")
    page = answer.content.decode()

    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)|javascript:|https?://(?!127)", page) == []


def test_the_page_takes_four_queries(
    client: Client, keys: dict[str, Any], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        client.get("/demo/")


def test_only_reading_is_allowed(client: Client, keys: dict[str, Any]) -> None:
    assert client.post("/demo/").status_code == 405
    assert client.get("/demo/")["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_visitors_differ_and_are_plain_contexts() -> None:
    contexts = [json.loads(visitor.context_json) for visitor in VISITORS]

    assert len({visitor.key for visitor in VISITORS}) == len(VISITORS) == 6
    assert [context.get("targetingKey") for context in contexts][-1] is None
    assert len({context.get("targetingKey") for context in contexts}) == len(VISITORS)
