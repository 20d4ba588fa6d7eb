"""What somebody may is asked once, however much is shown."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization, Project, User
from tenants.roles import Role
from tests.conftest import Browser, FilledTo

pytestmark = pytest.mark.django_db
PAGES = ("/organizations/acme/projects/shop/flags/", "/api/v1/organizations/acme/projects/shop/flags/?limit=200")
# The tables in which it stands who may what.
ASKED = ("guardian_", "auth_permission", "tenants_customrole", User.groups.through._meta.db_table)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_hundred_flags_asks_no_more_about_roles_than_one_of_ten(
    page: str, browser: Browser, vera: User, acme: Organization, shop: Project, filled_to: FilledTo
) -> None:
    give_every_kind_of_role(vera, acme, shop)
    client = browser(vera)
    counts, shown = [], []

    for flags in (10, 100):
        filled_to(flags)
        client.get(page)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(page)
        counts.append([query for query in captured if any(table in query["sql"] for table in ASKED)])
        shown.append(answer.content.decode().count("flag-0"))

    assert len(counts[0]) == len(counts[1]) == 2
    assert shown[1] > shown[0] >= 10


def give_every_kind_of_role(person: User, acme: Organization, shop: Project) -> None:
    """By oneself and by a team, one of the four and one of the organization's own."""
    system = Actor.system()
    role = services.create_role(acme, key="on-call", name="On call", verbs=["flag.kill"], actor=system)
    team = services.create_team(acme, key="payments", name="Payments", actor=system)
    services.add_to_team(team, user=person, actor=system)
    services.set_team_role(shop, team=team, role=Role.MEMBER, actor=system)
    services.set_role(shop, user=person, role=role, actor=system)
