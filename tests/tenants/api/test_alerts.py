"""Alerts by the management API."""

from typing import Any

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import Alert, Environment, Organization, User
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, Caller, paths_of, problem_of, token_of

pytestmark = pytest.mark.django_db
ALERTS = f"{ACME}/alerts/"
HOURS = {"days": ["mon"], "from": "09:00", "until": "18:00", "time_zone": "Europe/Riga"}
NIGHTS = {"name": "Nights", "events": ["flag"], "by": ["api_key"], "working_hours": HOURS}
IN_PRODUCTION = {**NIGHTS, "project": "shop", "environment": "production"}


def test_one_is_made_read_listed_edited_and_deleted(program: Caller, production: Environment, bob: User) -> None:
    made = program.post(ALERTS, {**IN_PRODUCTION, "recipients": [bob.id], "comment": "after the outage"})

    document, here = made.json(), made["Location"]
    assert made.status_code == 201
    assert document == {
        **IN_PRODUCTION,
        "recipients": [bob.id],
        "id": document["id"],
        "created_at": document["created_at"],
    }
    assert program.get(here).json() == document
    assert program.get(ALERTS).json()["results"] == [document]
    edited = program.patch(here, {"name": "Always", "working_hours": {}, "comment": "louder"}).json()
    assert edited == document | {"name": "Always", "working_hours": {}}
    assert program.delete(f"{here}?comment=enough").status_code == 204
    problem_of(program.get(here), 404)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": 7}, "name"),
        ({"events": ["flag.exploded"]}, "events[0]"),
        ({"events": "flag"}, "events"),
        ({"by": ["ghost"]}, "by[0]"),
        ({"recipients": ["nobody"]}, "recipients[0]"),
        ({"working_hours": []}, "working_hours"),
        ({"working_hours": {**HOURS, "time_zone": "Mars"}}, "working_hours.time_zone"),
        ({"environment": "production"}, "project"),
        ({"project": "nowhere"}, "project"),
        ({"position": 1}, "position"),
    ],
)
def test_what_is_wrong_is_said_at_its_path(program: Caller, acme: Organization, change: Any, path: str) -> None:
    assert paths_of(problem_of(program.post(ALERTS, {**NIGHTS, **change}), 400)) == [path]
    assert not Alert.objects.exists()


def test_it_is_not_moved_elsewhere(program: Caller, acme: Organization, system: Actor) -> None:
    alert = services.create_alert(scope=acme, name="Nights", actor=system)

    assert paths_of(problem_of(program.patch(f"{ALERTS}{alert.id}", {"project": "shop"}), 400)) == ["project"]


def test_a_member_sees_none_and_makes_none(acme: Organization, system: Actor) -> None:
    alert = services.create_alert(scope=acme, name="Nights", actor=system)
    member = token_of(services.create_api_key(kind="token", scope=acme, name="m", role=Role.MEMBER, actor=system)[1])

    assert member.get(ALERTS).json()["results"] == []
    problem_of(member.get(f"{ALERTS}{alert.id}"), 404)
    problem_of(member.post(ALERTS, NIGHTS), 403, "not-allowed")


def test_an_id_of_another_organization_opens_nothing(program: Caller, globex: Organization, system: Actor) -> None:
    theirs = services.create_alert(scope=globex, name="Nights", actor=system)

    problem_of(program.get(f"{ALERTS}{theirs.id}"), 404)
    problem_of(program.delete(f"{ALERTS}{theirs.id}"), 404)
    problem_of(program.get(f"{ALERTS}nonsense"), 404)
