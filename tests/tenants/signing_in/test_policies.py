"""Cookies, the content security policy, and Django's own checks with the settings of production."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page

from flagforge.settings import csp
from tenants.models import User
from tests.conftest import PASSWORD, Browser
from tests.tenants.signing_in.test_passkeys import sign_in_by_password

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT_PAGES = (
    "/accounts/name/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/sessions/",
    "/accounts/mfa/",
    "/accounts/mfa/webauthn/",
    "/accounts/reauthenticate/",
    "/accounts/logout/",
)
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "flagforge.settings.production",
    "FLAGFORGE_SECRET_KEY": "an unguessable text that is long enough for any of the checks, 50 and more",
    "FLAGFORGE_ENVELOPE_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "FLAGFORGE_HOSTS": "flags.example.com",
    "FLAGFORGE_PUBLIC_URL": "https://flags.example.com",
    "DATABASE_URL": "postgresql://flagforge@127.0.0.1:1/flagforge",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


@pytest.mark.django_db
@pytest.mark.parametrize("address", [*ACCOUNT_PAGES, "/", "/organizations/", "/no-such-page/"])
def test_every_page_answers_with_the_policy(address: str, browser: Browser, alice: User) -> None:
    for client in (Client(), browser(alice)):
        policy = client.get(address)["Content-Security-Policy"]

        assert policy == csp.strict()
        assert "unsafe" not in policy


@pytest.mark.django_db(transaction=True)
def test_chromium_finds_nothing_to_complain_about_on_the_pages_of_accounts(alice: User, chromium: Page) -> None:
    for address in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        chromium.goto(address)
    sign_in_by_password(chromium)
    chromium.goto("/accounts/mfa/totp/activate/")
    chromium.get_by_label("Password").fill(PASSWORD)
    chromium.get_by_role("button", name="Go on").click()

    drawn = chromium.locator("img.qr").evaluate("picture => picture.decode().then(() => picture.naturalWidth > 0)")

    assert drawn
    for address in ACCOUNT_PAGES:
        chromium.goto(address)


@pytest.mark.django_db
def test_cookies_of_a_session_are_hidden_from_scripts_and_from_other_sites(alice: User) -> None:
    client = Client()

    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})

    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_in_production_djangos_own_checks_are_clean_and_cookies_need_https() -> None:
    surroundings = {**os.environ, **PRODUCTION}
    check = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    asked = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.DEBUG)"

    checked = subprocess.run(check, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=100)
    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=surroundings, capture_output=True, timeout=100)

    assert checked.returncode == 0, checked.stderr
    assert said.stdout.split() == [b"True", b"True", b"False"]
