"""The first minutes: commands that work when they are pasted."""

import html
import json
import re
import subprocess

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from evaluation.manifest import keyring, memory
from tenants import outbox, services
from tenants.models import ApiKey, Environment, User
from tenants.permissions import actor_of
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import SHOP

START = f"{SHOP}start/"


def command(page: str, element_id: str) -> str:
    found = re.search(rf'<pre class="code" id="{element_id}"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def answer_to(pasted: str) -> dict[str, object]:
    done = subprocess.run(["sh", "-c", pasted], capture_output=True, timeout=20, check=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.mark.django_db(transaction=True)
def test_the_commands_work_when_they_are_pasted(
    browser: Browser, charlie: User, live_server: LiveServer, settings: Settings
) -> None:
    settings.PUBLIC_URL = live_server.url
    memory.forget_everything()
    keyring.forget_everything()
    project = services.found_organization(
        slug="initech", name="Initech", project_key="tps", project_name="TPS", founder=charlie, actor=actor_of(charlie)
    )
    client, address = browser(charlie), f"/organizations/initech/projects/{project.key}/start/"
    asked = client.get(address).content.decode()
    made = client.post(address).content.decode()
    outbox.drain()

    assert answer_to(command(asked, "ask")) == {"environment": "development", "version": 1, "flags": {}}
    assert answer_to(command(made, "rules"))["flags"] == {}


@pytest.mark.django_db
def test_a_server_key_is_shown_once(browser: Browser, ada: User, development: Environment) -> None:
    client = browser(ada)

    made = client.post(START)

    secret = made.context["server_key"]
    assert secret.startswith("ff_server_")
    assert secret in made.content.decode()
    assert secret not in client.get(START).content.decode()
    assert ApiKey.objects.get(kind="server").environment == development


@pytest.mark.django_db
def test_who_may_not_see_keys_is_told(browser: Browser, vera: User, bob: User, development: Environment) -> None:
    assert "It takes the role member to see keys" in browser(vera).get(START).content.decode()
    assert "Make a server key" not in browser(bob).get(START).content.decode()
    assert browser(bob).post(START).status_code == 403
    assert not ApiKey.objects.exists()
