"""Roles of an organization's own, and teams, by forms of the admin."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import CustomRole, Membership, Organization, Team, User
from tenants.permissions import roles_on
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
ROLES, TEAMS = "/admin/tenants/customrole/", "/admin/tenants/team/"


def test_a_role_is_made_given_edited_and_deleted(browser: Browser, ada: User, vera: User, acme: Organization) -> None:
    client = browser(ada)

    client.post(f"{ROLES}add/", {"organization": acme.pk, "key": "on-call", "name": "On call", "verbs": ["flag.kill"]})
    role = CustomRole.objects.get()
    client.post(f"/admin/tenants/membership/{Membership.objects.get(user=vera).pk}/change/", {"role": role.pk})
    assert roles_on(acme)[vera.pk] == role
    client.post(f"{ROLES}{role.pk}/change/", {"name": "Night", "verbs": ["audit.view"]})
    role.refresh_from_db()
    assert (role.name, "audit.view" in role.verbs, "flag.kill" in role.verbs) == ("Night", True, False)
    client.post(f"{ROLES}{role.pk}/delete/", {"confirmed": "yes"})

    assert not CustomRole.objects.exists()
    assert vera.pk not in roles_on(acme)


def test_nobody_makes_a_role_above_their_own(browser: Browser, vera: User, acme: Organization, system: Actor) -> None:
    maker = services.create_role(acme, key="maker", name="Maker", verbs=["role.edit", "member.view"], actor=system)
    services.set_role(acme, user=vera, role=maker, actor=system)
    form = {"organization": acme.pk, "key": "grab", "name": "Grab", "verbs": ["flag.delete"]}

    answer = browser(vera).post(f"{ROLES}add/", form)

    assert "above their own" in answer.context["adminform"].form.non_field_errors()[0]
    assert not CustomRole.objects.filter(key="grab").exists()


def test_a_team_is_made_filled_emptied_and_deleted(browser: Browser, ada: User, vera: User, acme: Organization) -> None:
    client = browser(ada)

    client.post(f"{TEAMS}add/", {"organization": acme.pk, "key": "payments", "name": "Payments"})
    team = Team.objects.get()
    client.post(f"{TEAMS}{team.pk}/change/", {"name": "Money"})
    client.post(f"{TEAMS}{team.pk}/do/add/", {"confirmed": "yes", "user": vera.pk})
    page = client.get(f"{TEAMS}{team.pk}/change/").content.decode()
    assert "Money" in page
    assert "Vera" in page
    client.post(f"{TEAMS}{team.pk}/do/remove/", {"confirmed": "yes", "user": vera.pk})
    assert not vera.groups.exists()
    client.post(f"{TEAMS}{team.pk}/delete/", {"confirmed": "yes"})

    assert not Team.objects.exists()


def test_viewers_and_strangers_change_nothing(
    browser: Browser, vera: User, charlie: User, globex: Organization, acme: Organization, system: Actor
) -> None:
    team = services.create_team(acme, key="payments", name="Payments", actor=system)
    role = services.create_role(acme, key="on-call", name="On call", verbs=[], actor=system)

    for address in (f"{TEAMS}{team.pk}/do/add/", f"{ROLES}{role.pk}/delete/", f"{TEAMS}{team.pk}/delete/"):
        assert browser(vera).get(address).status_code == 403
        assert browser(charlie).get(address).status_code == 404
    assert "On call" not in browser(charlie).get(ROLES).content.decode()
