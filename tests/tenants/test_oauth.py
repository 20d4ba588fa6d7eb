"""Signing in by way of GitHub: offered where it is configured; a stand-in answers in GitHub's place."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from flagforge.settings import env
from tenants.models import AuditEvent, User

pytestmark = pytest.mark.django_db
CONFIGURED = {"github": {"APPS": [{"client_id": "ours", "secret": "hidden"}], "SCOPE": ["user:email"]}}
ANSWERS = {
    "/login/oauth/access_token": {"access_token": "t", "token_type": "bearer"},
    "/user": {"id": 7, "login": "mona", "name": "Mona Rao"},
    "/user/emails": [{"email": "Mona@example.com", "verified": True, "primary": True}],
}


class GitHub(BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = json.dumps(ANSWERS[urlsplit(self.path).path]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815  (http.server calls them so)
    log_message = Mock()


@pytest.fixture
def github(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.SOCIALACCOUNT_PROVIDERS = CONFIGURED
    settings.ROOT_URLCONF = "tests.tenants.github_urls"
    server = HTTPServer(("127.0.0.1", 0), GitHub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    for name, path in {
        "access_token_url": "/login/oauth/access_token",
        "profile_url": "/user",
        "emails_url": "/user/emails",
    }.items():
        monkeypatch.setattr(GitHubOAuth2Adapter, name, url + path)
    yield
    server.shutdown()
    server.server_close()


def sign_in(client: Client) -> str:
    """To GitHub and back; where one is led then."""
    to_github = client.post("/accounts/github/login/")["Location"]
    state = parse_qs(urlsplit(to_github).query)["state"][0]
    return client.get("/accounts/github/login/callback/", {"code": "c", "state": state})["Location"]


def test_nothing_is_offered_where_nothing_is_configured(client: Client) -> None:
    assert "Continue with" not in client.get("/accounts/login/").content.decode()


@pytest.mark.usefixtures("github")
def test_what_is_configured_is_offered(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()

    assert "Continue with GitHub" in page
    assert "Google" not in page
    assert client.get("/accounts/github/login/").status_code == 200


@pytest.mark.usefixtures("github")
def test_a_newcomer_is_registered_once(client: Client) -> None:
    assert sign_in(client) == "/"
    assert sign_in(Client()) == "/"

    mona = User.objects.get()
    assert (mona.email, mona.has_usable_password()) == ("mona@example.com", False)
    assert AuditEvent.objects.get(verb="user.registered").object_id == mona.id
    assert client.get("/")["Location"] == "/organizations/"


@pytest.mark.usefixtures("github")
def test_an_account_with_a_password_is_not_taken_over(client: Client, alice: User) -> None:
    User.objects.update(email="mona@example.com")

    sign_in(client)

    assert "_auth_user_id" not in client.session
    assert User.objects.count() == 1


@pytest.mark.usefixtures("github")
def test_a_deleted_address_stays_reserved(client: Client, alice: User) -> None:
    User.objects.update(email="mona@example.com", deleted_at="2026-01-01T00:00:00Z")

    form = sign_in(client)
    answer = client.post(form, {"email": "mona@example.com"})

    assert "was deleted and can still come back" in answer.content.decode()
    assert not User.objects.exists()


def test_the_environment_names_an_id_and_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAGFORGE_GITHUB_CLIENT_ID", "ours")
    github = ("FLAGFORGE_GITHUB_CLIENT_ID", "FLAGFORGE_GITHUB_SECRET")
    with pytest.raises(ImproperlyConfigured, match="FLAGFORGE_GITHUB_SECRET"):
        env.oauth(github=github)

    monkeypatch.setenv("FLAGFORGE_GITHUB_SECRET", "hidden")
    assert env.oauth(google=("NO_CLIENT_ID", "NO_SECRET"), github=github) == {
        "github": {"APPS": [{"client_id": "ours", "secret": "hidden"}]}
    }
