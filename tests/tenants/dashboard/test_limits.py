"""The page of limits, and the warnings before they bite."""

import pytest

from flags.services import create_flag, create_segment
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import ACME, SHOP

pytestmark = pytest.mark.django_db
LIMITS = f"{ACME}limits/"
WARNING = "runs this server can raise them"


@pytest.fixture
def root(acme: Organization) -> User:
    user: User = User.objects.create_superuser("root@example.com", "correct horse battery staple")
    return user


def test_everybody_sees_how_much_is_used(browser: Browser, vera: User, development: Environment, system: Actor) -> None:
    services.set_limits(development.organization, limits={"environments_per_project": 1}, actor=system)

    page = browser(vera).get(LIMITS).content.decode()

    assert "most of them in Shop" in page
    assert ">full</span>" in page
    assert "Change them" not in page


def test_who_runs_the_server_changes_them_here(browser: Browser, root: User, acme: Organization) -> None:
    answer = browser(root).post(LIMITS, {"members": "5", "projects": "", "comment": "Their plan"})

    acme.refresh_from_db()
    assert answer["Location"] == LIMITS
    assert acme.limits == {"members": 5}
    assert 'value="5"' in browser(root).get(LIMITS).content.decode()


def test_what_makes_no_sense_stands_at_its_field(browser: Browser, root: User, acme: Organization) -> None:
    answer = browser(root).post(LIMITS, {"members": "-5", "rules_per_flag": "201"})

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"members", "rules_per_flag"}


def test_an_owner_changes_none(browser: Browser, alice: User, acme: Organization) -> None:
    assert browser(alice).post(LIMITS, {"members": "5"}).status_code == 403


def test_who_is_in_a_part_alone_sees_nothing_of_the_whole(
    browser: Browser, charlie: User, shop: Project, as_alice: Actor
) -> None:
    services.add_member(shop.organization, user=charlie, role=Role.ADMIN, scope=shop, actor=as_alice)

    assert browser(charlie).get(LIMITS).status_code == 403


@pytest.mark.parametrize(
    ("limit", "address"),
    [
        ("projects", ACME),
        ("members", f"{ACME}members/"),
        ("api_keys", f"{SHOP}keys/"),
        ("environments_per_project", f"{SHOP}environments/"),
        ("flags_per_project", f"{SHOP}flags/"),
        ("segments_per_project", f"{SHOP}segments/"),
    ],
)
def test_a_list_warns_before_its_limit_bites(
    limit: str, address: str, browser: Browser, alice: User, development: Environment, system: Actor
) -> None:
    create_flag(development.project, {"key": "checkout"}, actor=system)
    create_segment(development.project, {"key": "staff"}, actor=system)
    services.create_api_key(kind="server", scope=development, name="web", actor=system)
    before = browser(alice).get(address).content.decode()
    services.set_limits(development.organization, limits={limit: 1}, actor=system)

    page = browser(alice).get(address).content.decode()

    assert WARNING not in before
    assert WARNING in page
    assert LIMITS in page
