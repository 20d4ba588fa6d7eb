"""API keys on their pages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Organization, User
from tenants.roles import Role
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import ACME, SHOP, QueryCount

pytestmark = pytest.mark.django_db
KEYS = f"{SHOP}keys/"
NEW = f"{SHOP}keys/new/"


def test_a_secret_is_shown_once(browser: Browser, ada: User, production: Environment) -> None:
    client = browser(ada)

    made = client.post(NEW, {"kind": "server", "name": "The shop", "scope": production.id, "role": "2"})

    secret = made.context["secret"]
    assert made.status_code == 200
    assert secret in made.content.decode()
    assert f'data-instead="{KEYS}"' in made.content.decode()
    assert secret not in client.get(KEYS).content.decode()
    assert ApiKey.objects.get().role is None


def test_a_client_key_stays_readable(browser: Browser, ada: User, production: Environment) -> None:
    sent = {"kind": "client", "name": "Web", "scope": production.id, "origins": "https://a.example\nhttps://b.example"}

    made = browser(ada).post(NEW, sent)

    assert made.context["secret"] in browser(ada).get(KEYS).content.decode()
    assert ApiKey.objects.get().origins == ["https://a.example", "https://b.example"]


def test_a_token_has_a_role_and_an_end(browser: Browser, ada: User, production: Environment) -> None:
    scope = production.project.id

    browser(ada).post(NEW, {"kind": "token", "name": "CI", "scope": scope, "role": "2", "expires_at": "2100-01-31"})

    api_key = ApiKey.objects.get()
    assert (api_key.role, api_key.project, api_key.environment) == (Role.MEMBER, production.project, None)
    assert api_key.expires_at == datetime(2100, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "throne"}, "kind"),
        ({"name": ""}, "name"),
        ({"scope": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "scope"),
        ({"scope": "shop"}, "scope"),
        ({"kind": "token", "role": ""}, "role"),
        ({"kind": "token", "role": "4"}, "role"),
        ({"expires_at": "2001-01-01"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"kind": "client", "origins": "shop.example"}, "origins"),
        ({"streams": "0"}, "streams"),
        ({"requests_per_second": "many"}, "requests_per_second"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    wrong: dict[str, str], field: str, browser: Browser, ada: User, production: Environment
) -> None:
    sent = {"kind": "server", "name": "Kept", "scope": production.id} | wrong
    if sent["scope"] == "shop":
        sent["scope"] = production.project.id

    answer = browser(ada).post(NEW, sent)

    errors = answer.context["form"].errors
    assert answer.status_code == 422
    assert set(errors) == {field}
    assert not ApiKey.objects.exists()


def test_what_bounds_a_key_is_edited_on_its_page(
    browser: Browser, ada: User, production: Environment, as_ada: Actor
) -> None:
    api_key, _ = services.create_api_key(
        kind="client", scope=production, name="Web", origins=["https://a.example"], limits={"streams": 9}, actor=as_ada
    )
    address = f"{ACME}keys/{api_key.id}/"
    page = browser(ada).get(address).content.decode()

    sent = {"name": "Web", "origins": "https://b.example", "requests_per_second": "50", "burst": "", "streams": ""}
    answer = browser(ada).post(address, sent)

    api_key.refresh_from_db()
    assert "https://a.example" in page
    assert 'value="9"' in page
    assert answer["Location"] == KEYS
    assert (api_key.origins, api_key.limits) == (["https://b.example"], {"requests_per_second": 50})


def test_a_burst_without_a_rate_is_refused_in_words(
    browser: Browser, ada: User, production: Environment, as_ada: Actor
) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="Shop", actor=as_ada)

    answer = browser(ada).post(f"{ACME}keys/{api_key.id}/", {"name": "Shop", "burst": "5"})

    assert answer.status_code == 422
    assert "A burst belongs to requests per second" in answer.content.decode()


def test_a_token_has_nothing_but_its_name_to_edit(
    browser: Browser, ada: User, production: Environment, as_ada: Actor
) -> None:
    api_key, _ = services.create_api_key(
        kind="token", scope=production.project, name="CI", role=Role.MEMBER, actor=as_ada
    )

    page = browser(ada).get(f"{ACME}keys/{api_key.id}/")
    browser(ada).post(f"{ACME}keys/{api_key.id}/", {"name": "The CI", "streams": "1"})

    api_key.refresh_from_db()
    assert set(page.context["form"].fields) == {"name", "comment"}
    assert (api_key.name, api_key.limits) == ("The CI", {})


def test_a_revocation_says_what_stops(browser: Browser, ada: User, production: Environment, as_ada: Actor) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="The shop", actor=as_ada)
    address = f"{ACME}keys/{api_key.id}/revoke/"

    page = browser(ada).get(address).content.decode()
    answer = browser(ada).post(address, {"comment": "Leaked"})

    assert "Servers that ask with it get nothing from Production any more" in page
    assert "It is the last working server key there" in page
    assert answer["Location"] == KEYS
    assert "The shop" not in browser(ada).get(KEYS).content.decode()
    assert "The shop" in browser(ada).get(f"{KEYS}?revoked").content.decode()


def test_a_member_sees_keys_and_makes_none(browser: Browser, bob: User, production: Environment, as_ada: Actor) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="The shop", actor=as_ada)
    client = browser(bob)
    page = client.get(KEYS).content.decode()

    assert "The shop" in page
    assert "New key" not in page
    assert "Revoke" not in page.replace("Revoked", "")
    assert client.get(NEW).status_code == client.post(NEW, {}).status_code == 403
    assert client.post(f"{ACME}keys/{api_key.id}/revoke/").status_code == 403
    assert client.get(f"{ACME}keys/{api_key.id}/").status_code == 403


def test_a_viewer_is_told_whom_to_ask(browser: Browser, vera: User, production: Environment, as_ada: Actor) -> None:
    services.create_api_key(kind="client", scope=production, name="The web", actor=as_ada)
    page = browser(vera).get(KEYS).content.decode()

    assert "Keys are for members" in page
    assert "The web" not in page


def test_an_admin_of_a_project_makes_keys_there_alone(
    browser: Browser, charlie: User, acme: Organization, production: Environment, system: Actor
) -> None:
    services.add_member(acme, user=charlie, role=Role.ADMIN, scope=production.project, actor=system)
    sent = {"kind": "relay", "name": "Edge", "scope": acme.id}

    assert browser(charlie).get(NEW).status_code == 200
    assert browser(charlie).post(f"{ACME}keys/new/", sent).status_code == 422
    assert not ApiKey.objects.exists()


def test_the_page_asks_as_often_for_many_keys(
    browser: Browser, ada: User, production: Environment, as_ada: Actor, query_count: QueryCount
) -> None:
    few = query_count(browser(ada), KEYS)
    for number in range(20):
        services.create_api_key(kind="server", scope=production, name=f"key {number}", actor=as_ada)

    assert query_count(browser(ada), KEYS) == few


def test_a_rotation_shows_the_successor_once(
    browser: Browser, ada: User, production: Environment, as_ada: Actor
) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="The shop", actor=as_ada)
    address = f"{ACME}keys/{api_key.id}/rotate/"
    page = browser(ada).get(address).content.decode()

    made = browser(ada).post(address, {"overlap": "86400"})
    again = browser(ada).post(address, {"overlap": "86400"})

    shown, successor = browser(ada).get(KEYS).content.decode(), ApiKey.objects.get(replaces=api_key)
    assert "works on beside it" in page
    assert made.context["secret"] in made.content.decode()
    assert f"replaces <code>{api_key.prefix}…" in shown
    assert f"replaced by <code>{successor.prefix}…" in shown
    assert made.context["secret"] not in shown
    assert (again.status_code, "has a successor already" in again.content.decode()) == (422, True)


def test_a_member_rotates_no_key(browser: Browser, bob: User, production: Environment, as_ada: Actor) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="The shop", actor=as_ada)

    assert browser(bob).post(f"{ACME}keys/{api_key.id}/rotate/", {"overlap": "0"}).status_code == 403


def test_a_key_that_ends_soon_and_one_that_was_found_are_marked(
    browser: Browser, bob: User, production: Environment, as_ada: Actor
) -> None:
    soon = timezone.now() + timedelta(days=3, hours=1)
    _, secret = services.create_api_key(kind="server", scope=production, name="Shop", expires_at=soon, actor=as_ada)
    services.report_leaked_key(secret, actor=Actor.anonymous())

    page = browser(bob).get(KEYS).content.decode()

    assert "ends in 3\xa0days" in page
    assert "rotate or revoke it" in page


def test_what_becomes_of_leaked_keys_is_set_on_the_page_of_settings(
    browser: Browser, ada: User, bob: User, acme: Organization
) -> None:
    address = f"{ACME}settings/leaked-keys/"
    refused = browser(bob).post(address, {"revokes_leaked_keys": "on"})

    answer = browser(ada).post(address, {"revokes_leaked_keys": "on"})

    acme.refresh_from_db()
    assert (refused.status_code, answer["Location"], acme.revokes_leaked_keys) == (403, f"{ACME}settings/", True)
    assert "checked" in browser(ada).get(f"{ACME}settings/").content.decode()
    browser(ada).post(address, {})
    acme.refresh_from_db()
    assert acme.revokes_leaked_keys is False
