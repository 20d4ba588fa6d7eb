"""Signing in by way of GitHub, Google and a company's own login: the whole dance, and whatever may go wrong in it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.views import ID_TOKEN_ISSUER, GoogleOAuth2Adapter
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from playwright.sync_api import Page, expect

from flagforge.settings import csp, env
from tenants.models import AuditEvent, User
from tests.conftest import PASSWORD
from tests.tenants.signing_in.provider import CLIENT_ID, SECRET, Person, Provider, at_work

pytestmark = pytest.mark.django_db
GITHUB, GOOGLE, COMPANY = "/accounts/github/login/", "/accounts/google/login/", "/accounts/oidc/company/login/"
EVERY = pytest.mark.parametrize("door", [GITHUB, GOOGLE, COMPANY])
NAMES = ("GITHUB_CLIENT_ID", "GITHUB_SECRET", "GOOGLE_CLIENT_ID", "GOOGLE_SECRET", "OIDC_CLIENT_ID", "OIDC_SECRET")


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """All three are configured from the environment and lead to one server; only its address is put in place of theirs."""
    with at_work() as provider:
        for name in NAMES:
            monkeypatch.setenv(f"FLAGFORGE_{name}", CLIENT_ID if name.endswith("ID") else SECRET)
        monkeypatch.setenv("FLAGFORGE_OIDC_URL", provider.url)
        monkeypatch.setenv("FLAGFORGE_OIDC_NAME", "Initech")
        settings.SOCIALACCOUNT_PROVIDERS = env.sign_in_providers()
        settings.CONTENT_SECURITY_POLICY = csp.strict(
            csp.login_origins(settings.SOCIALACCOUNT_PROVIDERS) | {provider.url}
        )
        settings.ROOT_URLCONF = "tests.tenants.signing_in.urls"
        for adapter in (GitHubOAuth2Adapter, GoogleOAuth2Adapter):
            monkeypatch.setattr(adapter, "authorize_url", f"{provider.url}/authorize")
            monkeypatch.setattr(adapter, "access_token_url", f"{provider.url}/token")
        monkeypatch.setattr(GitHubOAuth2Adapter, "profile_url", f"{provider.url}/user")
        monkeypatch.setattr(GitHubOAuth2Adapter, "emails_url", f"{provider.url}/user/emails")
        yield provider


def way_back(client: Client, door: str, answer: str = "Allow", *, process: str = "login") -> str:
    """To the provider, where the person answers; the address that its page leads back to."""
    to_provider = client.post(f"{door}?process={process}")["Location"]
    page = httpx.get(to_provider).text
    found = re.search(rf'href="([^"]+)">{answer}<', page)
    assert found, page
    address = urlsplit(found[1])
    return f"{address.path}?{address.query}"


def dance(client: Client, provider: Provider, door: str, **how: Any) -> Any:
    """To the provider and back; the page on which it ends."""
    provider.issuer = ID_TOKEN_ISSUER if door == GOOGLE else ""
    return client.get(way_back(client, door, **how), follow=True)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.django_db(transaction=True)
def test_the_whole_dance_in_a_browser(provider: Provider, chromium: Page) -> None:
    for number, (name, issuer) in enumerate([("GitHub", ""), ("Google", ID_TOKEN_ISSUER), ("Initech", "")]):
        provider.person, provider.issuer = Person(number, name, f"{name.lower()}@example.com"), issuer

        chromium.goto("/accounts/login/")
        chromium.get_by_role("button", name=f"Continue with {name}").click()
        chromium.get_by_role("link", name="Allow").click()
        chromium.wait_for_url("**/organizations/")
        expect(chromium.locator("body")).to_contain_text(f"{name.lower()}@example.com")

        chromium.goto("/accounts/logout/")
        chromium.get_by_role("button", name="Sign out").click()
        chromium.wait_for_url("**/accounts/login/")


@EVERY
def test_a_newcomer_is_registered_once(door: str, provider: Provider, client: Client) -> None:
    dance(client, provider, door)
    dance(Client(), provider, door)

    mona = User.objects.get()
    assert (mona.email, mona.has_usable_password()) == ("mona@example.com", False)
    assert AuditEvent.objects.get(verb="user.registered").object_id == mona.id
    assert EmailAddress.objects.get().verified
    assert is_signed_in(client)


@EVERY
def test_a_state_that_we_did_not_give_opens_nothing(door: str, provider: Provider, client: Client) -> None:
    back = way_back(client, door)
    forged = re.sub(r"state=[^&]+", "state=forged", back)

    page = client.get(forged).content.decode()
    of_another_browser = Client()
    of_another_browser.get(back)

    assert "did not work" in page
    assert not is_signed_in(client)
    assert not is_signed_in(of_another_browser)
    assert not User.objects.exists()


@EVERY
def test_who_says_no_at_the_provider_is_led_back(door: str, provider: Provider, client: Client) -> None:
    page = dance(client, provider, door, answer="Deny").content.decode()

    assert "You said no" in page
    assert not User.objects.exists()


@EVERY
def test_a_code_that_the_provider_does_not_know_opens_nothing(door: str, provider: Provider, client: Client) -> None:
    back = way_back(client, door)

    page = client.get(re.sub(r"code=[^&]+", "code=made-up", back)).content.decode()

    assert "did not work" in page
    assert not User.objects.exists()


def test_an_id_token_for_somebody_else_opens_nothing(provider: Provider, client: Client) -> None:
    provider.issuer = "https://somebody.example.com"

    page = client.get(way_back(client, COMPANY)).content.decode()

    assert "did not work" in page
    assert not User.objects.exists()


@EVERY
def test_an_account_with_a_password_is_not_taken_over(
    door: str, provider: Provider, client: Client, alice: User
) -> None:
    provider.person.email = alice.email

    dance(client, provider, door)

    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


@pytest.mark.parametrize("door", [GITHUB, COMPANY])
def test_an_address_that_the_provider_did_not_verify_is_verified_here(
    door: str, provider: Provider, client: Client, settings: Any
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    provider.person.is_verified = False

    dance(client, provider, door)

    assert not is_signed_in(client)
    assert not EmailAddress.objects.filter(verified=True).exists()
    assert [message.to for message in mail.outbox] == [["mona@example.com"]]


def with_password(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def connect(client: Client, provider: Provider) -> Any:
    """Links GitHub to who is signed in, which asks for their password."""
    page = dance(client, provider, GITHUB, process="connect")
    if page.request["PATH_INFO"] == "/accounts/reauthenticate/":
        page = client.post("/accounts/reauthenticate/", {"password": PASSWORD}, follow=True)
    return page


def test_who_is_signed_in_links_an_account_and_comes_by_it_from_then_on(provider: Provider, alice: User) -> None:
    client, other = with_password(alice), Client()

    assert "Connections" in connect(client, provider).content.decode()
    connect(client, provider)
    dance(other, provider, GITHUB)

    assert SocialAccount.objects.get().user == alice
    assert other.session["_auth_user_id"] == alice.pk


def test_a_session_alone_links_nothing(provider: Provider, alice: User) -> None:
    client = with_password(alice)

    page = dance(client, provider, GITHUB, process="connect")

    assert page.request["PATH_INFO"] == "/accounts/reauthenticate/"
    assert not SocialAccount.objects.exists()


def test_an_account_is_linked_to_one_person_alone(provider: Provider, alice: User, charlie: User) -> None:
    connect(with_password(alice), provider)

    page = connect(with_password(charlie), provider).content.decode()

    assert "already connected to a different account" in page
    assert SocialAccount.objects.get().user == alice


def test_nothing_is_offered_where_nothing_is_configured(client: Client) -> None:
    assert "Continue with" not in client.get("/accounts/login/").content.decode()


def test_pkce_is_asked_for_where_providers_know_it(provider: Provider, client: Client) -> None:
    for door in (GOOGLE, COMPANY):
        query = parse_qs(urlsplit(client.post(door)["Location"]).query)
        assert query["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"GITHUB_CLIENT_ID": "ours"}, "FLAGFORGE_GITHUB_SECRET"),
        ({"OIDC_URL": "https://id.example.com", "OIDC_CLIENT_ID": "ours"}, "FLAGFORGE_OIDC_SECRET"),
        ({"OIDC_URL": "http://id.example.com", "OIDC_CLIENT_ID": "a", "OIDC_SECRET": "b"}, "https"),
        ({"OIDC_ORIGINS": "id.example.com"}, "FLAGFORGE_OIDC_ORIGINS"),
    ],
)
def test_what_is_half_configured_is_refused(
    given: dict[str, str], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"FLAGFORGE_{name}", value)

    with pytest.raises(ImproperlyConfigured, match=missing):
        csp.login_origins(env.sign_in_providers())


def test_forms_may_lead_to_the_configured_logins_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert csp.strict(csp.login_origins(env.sign_in_providers())).endswith("form-action 'self'")
    for name, value in {
        "OIDC_URL": "https://id.example.com/realms/staff",
        "OIDC_CLIENT_ID": "a",
        "OIDC_SECRET": "b",
        "OIDC_ORIGINS": "https://federation.example.com",
    }.items():
        monkeypatch.setenv(f"FLAGFORGE_{name}", value)

    policy = csp.strict(csp.login_origins(env.sign_in_providers()))

    assert policy.endswith("form-action 'self' https://federation.example.com https://id.example.com")
