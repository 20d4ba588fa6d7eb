"""API keys by form: shown once, revoked, and made for one's own places only."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, Environment, User
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
KEYS = "/admin/tenants/apikey/"


def typed(kind: str, scope: str) -> dict[str, str]:
    return {"kind": kind, "scope": scope, "name": "web", "role": "", "origins": "", "expires_at": "", "comment": ""}


def test_the_secret_is_shown_once(browser: Browser, ada: User, production: Environment) -> None:
    client = browser(ada)

    made = client.post(f"{KEYS}add/", typed("server", production.pk))
    api_key = ApiKey.objects.get()
    later = [client.get(address).content.decode() for address in (KEYS, f"{KEYS}{api_key.pk}/change/")]

    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert api_key.sha256 == sha256_of(secret)
    assert not any(secret in page for page in later)
    assert secret not in str(dict(client.session))


def test_a_client_key_can_be_read_again(browser: Browser, bob: User, production: Environment, as_ada: Actor) -> None:
    api_key, secret = services.create_api_key(kind="client", scope=production, name="shop", actor=as_ada)

    page = browser(bob).get(f"{KEYS}{api_key.pk}/change/").content.decode()

    assert secret in page


def test_no_key_is_made_in_a_place_of_others(
    browser: Browser, charlie: User, globex: object, production: Environment
) -> None:
    answer = browser(charlie).post(f"{KEYS}add/", typed("server", production.pk))

    assert "scope" in answer.context["adminform"].form.errors
    assert not ApiKey.objects.exists()


def test_what_the_service_refuses_stands_at_its_field(browser: Browser, ada: User, production: Environment) -> None:
    wrong = typed("server", production.pk) | {"origins": "https://shop.example"}

    answer = browser(ada).post(f"{KEYS}add/", wrong)

    form = answer.context["adminform"].form
    assert form.errors["origins"] == ["Only client keys are bound to the origins of pages."]
    assert form["name"].value() == "web"


def test_admin_revokes_and_member_does_not(
    browser: Browser, ada: User, bob: User, production: Environment, as_ada: Actor
) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)
    address = f"{KEYS}{api_key.pk}/do/revoke/"

    refused = browser(bob).post(address, {"confirmed": "yes"})
    was = ApiKey.objects.get().revoked_at
    done = browser(ada).post(address, {"confirmed": "yes", "comment": "leaked"})

    assert (refused.status_code, was, done.status_code) == (403, None, 302)
    assert ApiKey.objects.get().revoked_at is not None


def test_what_bounds_a_key_is_edited(browser: Browser, ada: User, production: Environment, as_ada: Actor) -> None:
    api_key, _ = services.create_api_key(
        kind="client", scope=production, name="web", limits={"streams": 9}, actor=as_ada
    )
    address = f"{KEYS}{api_key.pk}/change/"
    page = browser(ada).get(address).content.decode()

    sent = {"name": "Web", "origins": "https://a.example", "requests_per_second": "50", "burst": "90", "streams": ""}
    answer = browser(ada).post(address, sent | {"comment": ""})

    api_key.refresh_from_db()
    assert 'value="9"' in page
    assert answer.status_code == 302
    assert (api_key.name, api_key.origins) == ("Web", ["https://a.example"])
    assert api_key.limits == {"requests_per_second": 50, "burst": 90}


def test_a_member_sees_what_bounds_a_key_and_changes_nothing(
    browser: Browser, bob: User, production: Environment, as_ada: Actor
) -> None:
    api_key, _ = services.create_api_key(
        kind="client", scope=production, name="web", limits={"streams": 9}, actor=as_ada
    )
    address = f"{KEYS}{api_key.pk}/change/"

    page = browser(bob).get(address)
    refused = browser(bob).post(address, {"name": "x", "streams": "1"})

    api_key.refresh_from_db()
    assert "streams" in page.content.decode()
    assert (refused.status_code, api_key.limits) == (403, {"streams": 9})


def test_a_rotation_shows_the_successor_once(
    browser: Browser, ada: User, production: Environment, as_ada: Actor
) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)
    address = f"{KEYS}{api_key.pk}/do/rotate/"

    made = browser(ada).post(address, {"confirmed": "yes", "overlap_hours": "24", "comment": ""})
    again = browser(ada).post(address, {"confirmed": "yes", "overlap_hours": "24", "comment": ""})

    successor = ApiKey.objects.get(replaces=api_key)
    assert successor.sha256 == sha256_of(made.context["secret"])
    assert "no-store" in made["Cache-Control"]
    assert "has a successor already" in again.content.decode()
