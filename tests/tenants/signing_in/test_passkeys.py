"""A passkey in a real Chromium with an authenticator that is there in software: added, signed in with, removed."""

import pytest
from playwright.sync_api import Page, expect

from tenants.models import User
from tests.conftest import PASSWORD

# What a phone or a laptop has: it keeps passkeys, and recognizes its owner.
OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(alice: User, chromium: Page) -> Page:
    """Alice's browser, which has an authenticator; she is signed in by her password."""
    device = chromium.context.new_cdp_session(chromium)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
    sign_in_by_password(chromium)
    return chromium


def sign_in_by_password(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()


def add_key(page: Page, name: str, *, passwordless: bool) -> None:
    page.goto("/accounts/mfa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("without the password").set_checked(passwordless)
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/accounts/mfa/recovery-codes/**")


@pytest.mark.django_db(transaction=True)
def test_a_passkey_signs_in_without_a_password(page: Page) -> None:
    add_key(page, "My laptop", passwordless=True)
    expect(page.locator(".codes li")).to_have_count(10)
    sign_out(page)

    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/organizations/")

    page.goto("/accounts/mfa/")
    expect(page.get_by_text("My laptop")).to_be_visible()
    expect(page.get_by_text("signs in without a password")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_a_key_is_asked_for_after_the_password_until_it_is_removed(page: Page) -> None:
    add_key(page, "My key", passwordless=False)
    sign_out(page)
    sign_in_by_password(page)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()

    page.get_by_role("button", name="Use a passkey or security key").click()
    page.wait_for_url("**/organizations/")
    page.goto("/accounts/mfa/")
    page.get_by_role("link", name="Remove…").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url("**/accounts/mfa/**")

    expect(page.get_by_text("My key")).to_have_count(0)
    sign_out(page)
    sign_in_by_password(page)
    page.wait_for_url("**/organizations/")
