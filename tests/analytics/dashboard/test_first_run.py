"""The first minutes: snippets that work when they are pasted, and a lamp that tells what the server saw."""

import html
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from analytics.folding import DAYS
from evaluation import sightings
from evaluation.manifest import keyring, memory
from flags.models import Flag, FlagConfig
from tenants import outbox, services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Project, User
from tenants.permissions import actor_of
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import SHOP

START = f"{SHOP}start/"
LAMP = f"{START}lamp/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    for each in (memory, keyring, sightings):
        each.forget_everything()
    yield
    sightings.forget_everything()


def snippet(page: str, element_id: str) -> str:
    found = re.search(rf'<pre class="code" id="{element_id}"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    return html.unescape(strip_tags(found[1]))


def answer_to(pasted: str) -> dict[str, Any]:
    done = subprocess.run(["sh", "-c", pasted], capture_output=True, timeout=20, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def words(content: bytes) -> str:
    text = " ".join(html.unescape(strip_tags(content.decode().replace("<", " <"))).split())
    return re.sub(r" (?=[,.…])", "", text)


@pytest.mark.django_db(transaction=True)
def test_the_commands_work_when_they_are_pasted(
    browser: Browser, charlie: User, live_server: LiveServer, settings: Settings
) -> None:
    settings.PUBLIC_URL = live_server.url
    project = services.found_organization(
        slug="initech", name="Initech", project_key="tps", project_name="TPS", founder=charlie, actor=actor_of(charlie)
    )
    client, address = browser(charlie), f"/organizations/initech/projects/{project.key}/start/"
    before = snippet(client.get(address).content.decode(), "curl-code")
    made = snippet(client.post(address, {"make": "flag"}).content.decode(), "curl-code")
    outbox.drain()

    assert answer_to(before)["environment"] == "development"
    assert answer_to(made)["value"] is True
    assert "“hello-world”" not in words(client.get(f"{address}lamp/").content)
    assert "It works" in words(client.get(f"{address}lamp/").content)


def test_the_first_flag_is_on_where_the_page_waits_and_off_elsewhere(
    browser: Browser, ada: User, shop: Project, development: Environment, production: Environment
) -> None:
    browser(ada).post(START, {"make": "flag"})

    assert Flag.objects.get().key == "hello-world"
    assert [config.environment for config in FlagConfig.objects.filter(enabled=True)] == [development]
    assert "Make the flag" not in browser(ada).get(START).content.decode()


def test_a_server_key_is_shown_once_and_filled_into_the_snippets(
    browser: Browser, ada: User, development: Environment
) -> None:
    client = browser(ada)

    made = client.post(START, {"make": "key"})

    secret = made.context["server_key"]
    assert secret.startswith("ff_server_")
    for place in ("python-code", "of-python-code", "of-go-code", "of-java-code", "of-dotnet-code", "of-ruby-code"):
        assert secret in snippet(made.content.decode(), place)
    assert secret not in client.get(START).content.decode()
    assert ApiKey.objects.get(kind="server").environment == development


def test_who_may_not_see_keys_is_told(browser: Browser, vera: User, bob: User, development: Environment) -> None:
    assert "It takes the role member to see keys" in browser(vera).get(START).content.decode()
    assert "Make a server key" not in browser(bob).get(START).content.decode()
    assert browser(bob).post(START, {"make": "key"}).status_code == 403
    assert browser(vera).post(START, {"make": "flag"}).status_code == 403
    assert not ApiKey.objects.exists()
    assert not Flag.objects.exists()


def test_an_environment_that_is_not_there_is_not_waited_for(browser: Browser, ada: User, shop: Project) -> None:
    assert browser(ada).get(f"{START}?environment=nowhere").status_code == 404
    assert browser(ada).get(f"{LAMP}?environment=nowhere").status_code == 404
    assert browser(ada).get(LAMP).status_code == 404
    assert browser(ada).post(LAMP).status_code == 405


@pytest.fixture
def keys(development: Environment, production: Environment, system: Actor) -> dict[str, str]:
    """Client keys of both environments, and a server key of development."""
    made = {
        "development": ("client", development, "Web"),
        "production": ("client", production, "Shop front"),
        "server": ("server", development, "Checkout"),
    }
    return {
        name: services.create_api_key(kind=kind, scope=scope, name=title, actor=system)[1]
        for name, (kind, scope, title) in made.items()
    }


@pytest.fixture
def hello(browser: Browser, ada: User, keys: dict[str, str]) -> None:
    browser(ada).post(START, {"make": "flag"})
    outbox.drain()


def look(browser: Browser, person: User, query: str = "") -> str:
    return words(browser(person).get(f"{LAMP}{query}").content)


def test_the_lamp_waits_and_says_so_once(browser: Browser, ada: User, hello: None) -> None:
    page = browser(ada).get(LAMP)

    assert "Waiting for the first evaluation" in words(page.content)
    again = re.search(r"state=(\w+)", page.content.decode())
    assert again is not None
    assert browser(ada).get(f"{LAMP}?environment=development&state={again[1]}").status_code == 204


def test_the_lamp_names_key_program_flag_and_variant(
    browser: Browser, ada: User, vera: User, client: Client, keys: dict[str, str], hello: None
) -> None:
    client.get(
        "/api/v1/sdk/flags/hello-world?targetingKey=u",
        headers={"X-API-Key": keys["development"], "User-Agent": "curl/8.5"},
    )

    lit = look(browser, ada)
    assert "It works" in lit
    for said in ("hello-world", "Answer on", "Key Web", "By curl/8.5"):
        assert said in lit
    assert "hx-get" not in browser(ada).get(LAMP).content.decode()
    assert "Key Web" not in look(browser, vera)
    assert "Waiting" in look(browser, ada, "?environment=production")


def test_openfeature_lights_the_lamp_too(
    browser: Browser, ada: User, client: Client, keys: dict[str, str], hello: None
) -> None:
    body = {"context": {"targetingKey": "u"}}
    address = "/ofrep/v1/evaluate/flags/hello-world"
    client.post(address, body, content_type="application/json", headers={"Authorization": keys["server"]})

    assert "Key Checkout" in look(browser, ada)


def test_what_an_application_tells_lights_the_lamp(
    browser: Browser, ada: User, client: Client, keys: dict[str, str], hello: None
) -> None:
    batch = {
        "batch": "one",
        "sdk": {"name": "flagforge-python", "version": "0.1.0"},
        "from": "2026-11-27T10:00:00Z",
        "to": "2026-11-27T10:01:00Z",
        "counts": [{"flag": "hello-world", "variant": "on", "reason": "STATIC", "n": 1}],
    }
    told = client.post(
        "/api/v1/sdk/events", batch, content_type="application/json", headers={"X-API-Key": keys["server"]}
    )

    assert told.status_code == 202
    assert "Answer on STATIC Key Checkout By flagforge-python 0.1.0" in look(browser, ada)


def test_an_unknown_flag_is_named_and_lights_nothing(
    browser: Browser, ada: User, client: Client, keys: dict[str, str], hello: None
) -> None:
    client.get("/api/v1/sdk/flags/helo-world", headers={"X-API-Key": keys["development"]})

    assert "There is no “helo-world”" in look(browser, ada)
    assert "Waiting" in look(browser, ada)


def test_an_evaluation_elsewhere_leads_there(
    browser: Browser, ada: User, client: Client, keys: dict[str, str], hello: None
) -> None:
    client.get("/api/v1/sdk/flags", headers={"X-API-Key": keys["production"]})

    assert "The key belongs to Production, and this page waits for Development. Wait for Production" in look(
        browser, ada
    )


def test_a_piece_of_a_key_is_told_to_who_sees_the_key(
    browser: Browser, ada: User, client: Client, keys: dict[str, str], hello: None
) -> None:
    short = keys["server"][:-3]
    client.get("/api/v1/sdk/flags", headers={"X-API-Key": short}, REMOTE_ADDR="192.0.2.14")

    seen = look(browser, ada)
    assert f"A request with an unknown key, now. It began with {short[:18]}…. It was 3 characters too short." in seen
    assert short not in seen
    assert "unknown key" not in look(browser, ada, "?environment=production")


def test_a_revoked_key_is_called_by_its_name(
    browser: Browser, ada: User, client: Client, keys: dict[str, str], system: Actor, hello: None
) -> None:
    services.revoke_api_key(ApiKey.objects.get(name="Checkout"), actor=system)
    client.get("/api/v1/sdk/flags", headers={"X-API-Key": keys["server"]}, REMOTE_ADDR="192.0.2.14")

    assert "“Checkout” was revoked or has expired." in look(browser, ada)


def test_nonsense_from_where_the_page_is_looked_at_is_told_and_from_elsewhere_not(
    browser: Browser, ada: User, client: Client, hello: None
) -> None:
    client.get("/api/v1/sdk/flags", headers={"X-API-Key": "hunter2"}, REMOTE_ADDR="192.0.2.14")
    assert "unknown key" not in look(browser, ada)

    client.get("/api/v1/sdk/flags", headers={"X-API-Key": "hunter2"})
    seen = look(browser, ada)

    assert "It does not look like a key of ours" in seen
    assert "hunter2" not in seen


def test_how_a_key_of_others_began_is_not_told_although_it_came_from_the_same_address(
    browser: Browser, ada: User, client: Client, hello: None
) -> None:
    client.get("/api/v1/sdk/flags", headers={"X-API-Key": "ff_server_" + "c" * 49})

    seen = look(browser, ada)

    assert "A request with an unknown key" in seen
    assert "ff_server_c" not in seen


def test_a_request_without_a_key_is_told(browser: Browser, ada: User, client: Client, hello: None) -> None:
    client.get("/api/v1/sdk/flags")

    assert "A request without a key, now. The key goes into the header X-API-Key." in look(browser, ada)


def test_days_ago_is_known_from_telemetry(browser: Browser, ada: User, development: Environment) -> None:

    DAYS.model.objects.create(
        organization=development.project.organization, environment=development, start=datetime(2026, 11, 3, tzinfo=UTC)
    )

    assert "Applications told of evaluations in development on 3 November." in look(browser, ada)
