"""What the templates say again and again."""

import re

import pytest
from django.test import Client

from tenants.models import Organization, User
from tenants.templatetags.pages import avatar, browser_name
from tests.conftest import Browser

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36",
            "Chrome on Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on macOS"),
        ("curl/8.0", "curl/8.0"),
        ("", "unknown"),
    ],
)
def test_browsers_have_names(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


@pytest.mark.parametrize(
    ("name", "initials"), [("Mona Rao", "MR"), ("mona@example.com", "MO"), ("Ada", "AD"), ("", "?"), ("<b>", "&lt;B")]
)
def test_people_have_initials(name: str, initials: str) -> None:
    assert f">{initials}<" in avatar(name)


def test_who_asks_for_an_icon_gets_our_mark(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("tenants/mark.svg")


def test_the_admin_wears_our_mark(browser: Browser, alice: User, acme: Organization) -> None:
    page = browser(alice).get("/admin/").content.decode()

    assert re.search(r'<link rel="icon"[^>]*href="[^"]*tenants/mark.svg"', page)
