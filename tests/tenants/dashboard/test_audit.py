"""The audit log on its pages."""

import pytest

from flags.services import create_flag, put_config
from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, Project, User
from tenants.roles import Role
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import ACME, SHOP, QueryCount

pytestmark = pytest.mark.django_db
AUDIT = f"{SHOP}audit/"
ALL = f"{ACME}audit/"


@pytest.fixture
def a_busy_day(as_ada: Actor, bob: User, shop: Project, production: Environment) -> None:
    services.edit_project(shop, name="Store", actor=as_ada, comment="Rebranding")
    services.set_role(production, user=bob, role=Role.VIEWER, actor=as_ada)
    flag = create_flag(shop, {"key": "checkout"}, actor=as_ada).thing
    put_config(flag, production, {"enabled": True}, actor=as_ada)


@pytest.mark.usefixtures("a_busy_day")
def test_events_read_as_sentences(browser: Browser, ada: User) -> None:
    answer = browser(ada).get(AUDIT)

    told = [(one.words, one.kind, one.event.object_name, one.whom, one.address) for one in answer.context["sentences"]]
    assert told[:4] == [
        ("configured", "", "checkout in production", "", f"{SHOP}flags/checkout/environments/production/"),
        ("created", "the flag", "checkout", "", f"{SHOP}flags/checkout/"),
        ("set a role on", "", "Production", "Bob", f"{SHOP}environments/production/"),
        ("edited", "the project", "Store", "", SHOP),
    ]
    page = answer.content.decode()
    assert "<del>Shop</del>" in page
    assert "<ins>Store</ins>" in page
    assert "Rebranding" in page


def test_an_id_that_somebody_typed_names_nobody(
    browser: Browser, alice: User, as_alice: Actor, charlie: User, shop: Project
) -> None:
    services.edit_project(shop, name=charlie.id, actor=as_alice)

    page = browser(alice).get(AUDIT).content.decode()

    assert charlie.id in page
    assert "Charlie" not in page


@pytest.mark.parametrize(
    ("query", "verbs"),
    [
        ("verb=flag", ["flag.configured", "flag.created"]),
        ("verb=flag.created", ["flag.created"]),
        ("thing=CHECK", ["flag.configured", "flag.created"]),
        ("who=ada&verb=project", ["project.edited"]),
        ("since=2100-01-01", []),
        ("who=nobody", []),
    ],
)
@pytest.mark.usefixtures("a_busy_day")
def test_filters_narrow_the_list(query: str, verbs: list[str], browser: Browser, ada: User) -> None:
    answer = browser(ada).get(f"{AUDIT}?{query}")

    assert [one.event.verb for one in answer.context["sentences"]] == verbs
    if not verbs:
        assert "Nothing like that was done" in answer.content.decode()


@pytest.mark.parametrize("query", ["since=yesterday", "before=x", "before=-1", "who=%00", "thing=a%00b"])
def test_a_question_without_sense_is_told_so(query: str, browser: Browser, ada: User, shop: Project) -> None:
    answer = browser(ada).get(f"{AUDIT}?{query}")

    assert answer.status_code == 422
    assert answer.context["form"].errors


def test_older_events_follow_page_by_page(browser: Browser, alice: User, acme: Organization, as_alice: Actor) -> None:
    for number in range(30):
        services.rename_organization(acme, name=f"Acme {number}", actor=as_alice)
    client = browser(alice)

    first = client.get(ALL)
    second = client.get(f"{ALL}?{first.context['older']}")

    positions = [one.event.position for page in (first, second) for one in page.context["sentences"]]
    assert positions == sorted(AuditEvent.objects.filter(organization=acme).values_list("position", flat=True))[::-1]
    assert second.context["older"] == ""


def test_the_chain_is_verified(browser: Browser, bob: User, acme: Organization) -> None:
    answer = browser(bob).post(f"{ALL}verify/", follow=True)

    assert "The chain is whole" in answer.content.decode()


def test_a_broken_chain_is_told(browser: Browser, bob: User, acme: Organization) -> None:
    AuditEvent.objects.filter(organization=acme, position=1).update(verb="organization.deleted")

    answer = browser(bob).post(f"{ALL}verify/", follow=True)

    assert "EDITED: entry 1 (" in answer.content.decode()


@pytest.mark.usefixtures("a_busy_day")
def test_a_viewer_is_told_whom_to_ask(browser: Browser, vera: User) -> None:
    page = browser(vera).get(AUDIT).content.decode()

    assert "The audit log is for members" in page
    assert "checkout" not in page
    assert browser(vera).post(f"{ALL}verify/").status_code == 403


@pytest.mark.usefixtures("a_busy_day")
def test_who_works_in_one_environment_sees_what_was_done_there(
    browser: Browser, charlie: User, acme: Organization, development: Environment, system: Actor
) -> None:
    services.add_member(acme, user=charlie, role=Role.MEMBER, scope=development, actor=system)

    answer = browser(charlie).get(ALL)

    assert {one.event.environment_id for one in answer.context["sentences"]} == {development.id}


@pytest.mark.usefixtures("a_busy_day")
def test_the_page_asks_as_often_for_many_events(
    browser: Browser, ada: User, shop: Project, as_ada: Actor, query_count: QueryCount
) -> None:
    few = query_count(browser(ada), AUDIT)
    for number in range(10):
        services.set_up_project(shop.organization, key=f"p{number}", name="P", actor=as_ada)
        services.edit_project(shop, name=f"Shop {number}", actor=as_ada)

    assert query_count(browser(ada), AUDIT) == few
