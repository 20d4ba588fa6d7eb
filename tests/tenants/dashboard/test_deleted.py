"""The page of what was deleted: back with one click, or for ever with the key typed."""

import pytest

from flags import services as flag_services
from flags.models import Flag
from tenants import purging, services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, Purge, PurgeStage, User
from tenants.permissions import actor_of
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import ACME, QueryCount

pytestmark = pytest.mark.django_db
DELETED = f"{ACME}deleted/"
SETTINGS = f"{ACME}settings/"


@pytest.fixture
def checkout(shop: Project, as_ada: Actor) -> Flag:
    """A deleted flag."""
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout", "name": "Checkout"}, actor=as_ada).thing
    flag_services.delete_flag(flag, actor=as_ada)
    return flag


@pytest.fixture
def everything(checkout: Flag, shop: Project, development: Environment, as_ada: Actor) -> Flag:
    """One deleted thing of each kind."""
    segment = flag_services.create_segment(shop, {"key": "staff", "name": "Staff"}, actor=as_ada).thing
    flag_services.delete_segment(segment, actor=as_ada)
    services.delete_environment(development, actor=as_ada)
    blog = services.create_project(shop.organization, key="blog", name="Blog", actor=as_ada)
    services.delete_project(blog, actor=as_ada)
    return checkout


def test_each_kind_stands_there_and_comes_back_with_one_click(everything: Flag, browser: Browser, alice: User) -> None:
    client = browser(alice)
    page = client.get(DELETED)

    for _, undelete in page.context["things"]:
        assert client.post(undelete).status_code == 302, undelete

    assert len(page.context["things"]) == 4
    assert "by Ada" in page.content.decode()
    assert "Nothing waits here" in client.get(DELETED).content.decode()


def test_an_admin_brings_back_but_ends_nothing(checkout: Flag, browser: Browser, ada: User) -> None:
    client = browser(ada)

    page = client.get(DELETED).content.decode()

    assert "Undelete" in page
    assert "for ever…" not in page
    for answer in (client.get(f"{DELETED}{checkout.id}/purge/"), client.post(f"{DELETED}{checkout.id}/purge/")):
        assert answer.status_code == 403
    assert not Purge.with_deleted.exists()


def test_a_member_sees_nothing_of_it(checkout: Flag, browser: Browser, bob: User) -> None:
    page = browser(bob).get(DELETED).content.decode()

    assert "Checkout" not in page
    assert "for whoever may delete it" in page
    assert browser(bob).get(f"{DELETED}{checkout.id}/purge/").status_code == 404


def test_an_owner_types_the_key_and_it_goes(checkout: Flag, browser: Browser, alice: User) -> None:
    client, address = browser(alice), f"{DELETED}{checkout.id}/purge/"
    assert "Type checkout to confirm" in client.get(address).content.decode()
    assert client.post(address, {"typed": "check-out"}).status_code == 422
    assert not Purge.with_deleted.exists()

    answer = client.post(address, {"typed": "checkout", "comment": "a mistake"}, follow=True)

    assert "Begun: checkout goes for ever." in answer.content.decode()
    assert "asked for by Alice" in answer.content.decode()
    purging.work()
    assert "gone now" in client.get(DELETED).content.decode()


def test_a_stage_that_failed_is_shown_and_tried_again(checkout: Flag, browser: Browser, alice: User) -> None:
    purge = services.purge_now(checkout, confirm="checkout", actor=actor_of(alice))
    far = purge.begun_at.replace(year=purge.begun_at.year + 1)
    PurgeStage.with_deleted.filter(purge=purge, position=0).update(attempts=3, last_error="Boom", not_before=far)
    client = browser(alice)
    page = client.get(DELETED).content.decode()
    assert "failed 3 times" in page
    assert "Boom" in page

    client.post(f"{ACME}purges/{purge.id}/retry/")

    purging.work()
    assert not Flag.with_deleted.exists()


def test_an_admin_tries_nothing_again(checkout: Flag, browser: Browser, alice: User, ada: User) -> None:
    purge = services.purge_now(checkout, confirm="checkout", actor=actor_of(alice))

    assert browser(ada).post(f"{ACME}purges/{purge.id}/retry/").status_code == 403


def test_a_deleted_organization_goes_for_ever_from_where_it_could_come_back(
    browser: Browser, alice: User, acme: Organization
) -> None:
    services.delete_organization(acme, actor=actor_of(alice))
    client = browser(alice)
    assert f"{ACME}purge/" in client.get("/organizations/").content.decode()

    answer = client.post(f"{ACME}purge/", {"typed": "acme"}, follow=True)

    assert answer.redirect_chain == [("/organizations/", 302)]
    assert "Going for ever" in answer.content.decode()
    assert f"{ACME}undelete/" not in answer.content.decode()
    purging.work()
    assert not Organization.with_deleted.exists()


def test_nobody_ends_the_organization_of_others(
    browser: Browser, charlie: User, ada: User, alice: User, acme: Organization
) -> None:
    services.delete_organization(acme, actor=actor_of(alice))

    for person in (charlie, ada):
        assert browser(person).post(f"{ACME}purge/", {"typed": "acme"}).status_code == 404
    assert not Purge.with_deleted.exists()


def test_an_owner_says_how_long_things_can_come_back(browser: Browser, alice: User, acme: Organization) -> None:
    client = browser(alice)
    assert 'name="days"' in client.get(SETTINGS).content.decode()

    answer = client.post(f"{SETTINGS}retention/", {"days": "7", "audit_days": "90"}, follow=True)

    assert "can come back for 7 days" in answer.content.decode()
    acme.refresh_from_db()
    assert (acme.retention_days, acme.audit_days) == (7, 90)
    assert client.post(f"{SETTINGS}retention/", {"days": "7", "audit_days": "1"}).status_code == 422
    assert client.post(f"{SETTINGS}retention/", {"days": "0"}).status_code == 422
    assert client.post(f"{SETTINGS}retention/", {"days": "soon"}).status_code == 422


def test_an_admin_says_nothing_of_that(browser: Browser, ada: User) -> None:
    client = browser(ada)

    assert 'name="days"' not in client.get(SETTINGS).content.decode()
    assert client.post(f"{SETTINGS}retention/", {"days": "7"}).status_code == 403


def test_the_page_asks_as_often_whatever_was_deleted(
    everything: Flag, shop: Project, browser: Browser, alice: User, query_count: QueryCount
) -> None:
    client = browser(alice)
    few = query_count(client, DELETED)
    for number in range(5):
        flag = flag_services.create_flag(shop, {"key": f"flag-{number}"}, actor=actor_of(alice)).thing
        flag_services.delete_flag(flag, actor=actor_of(alice))

    assert query_count(client, DELETED) == few
