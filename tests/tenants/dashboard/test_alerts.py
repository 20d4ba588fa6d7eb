"""Alerts on their pages."""

from typing import Any

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import Alert, Environment, Organization, User
from tenants.roles import Role
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import ACME, QueryCount

pytestmark = pytest.mark.django_db
ALERTS = f"{ACME}alerts/"
NEW = f"{ALERTS}new/"
HOURS = {"days": ["mon", "fri"], "from": "09:00", "until": "18:00", "time_zone": "Europe/Riga"}
TYPED_HOURS = {"days": HOURS["days"], "begins": "09:00", "ends": "18:00", "time_zone": "Europe/Riga"}


def typed(place: str, **changed: Any) -> dict[str, Any]:
    return {"name": "Nights", "scope": place, "time_zone": "UTC", **changed}


@pytest.fixture
def alert(acme: Organization, system: Actor) -> Alert:
    return services.create_alert(scope=acme, name="Nights", actor=system)


def test_an_empty_list_teaches(browser: Browser, ada: User, bob: User, acme: Organization) -> None:
    assert "Make the first" in browser(ada).get(ALERTS).content.decode()
    assert "Alerts are for admins" in browser(bob).get(ALERTS).content.decode()


def test_one_is_made_with_hours_people_and_events(
    browser: Browser, ada: User, bob: User, production: Environment
) -> None:
    chosen = {"events": ["flag", "api_key.created"], "by": ["api_key", bob.id], "recipients": [ada.id]}

    answer = browser(ada).post(NEW, typed(production.id, **chosen, **TYPED_HOURS), follow=True)

    alert = Alert.objects.get()
    assert (alert.environment, alert.working_hours) == (production, HOURS)
    assert {name: getattr(alert, name) for name in chosen} == chosen
    for shown in ("From now on it tells: Nights", "outside 09:00–18:00", "1 member", "api_key.created"):
        assert shown in answer.content.decode()


def test_it_is_edited_and_deleted_and_what_it_had_is_shown(browser: Browser, ada: User, alert: Alert) -> None:
    client, here = browser(ada), f"{ALERTS}{alert.id}/"
    services.edit_alert(alert, working_hours=HOURS, by=["trigger"], actor=Actor.system())

    page = client.get(here).content.decode()
    for shown in ('value="09:00"', 'value="Europe/Riga" selected', 'value="trigger"'):
        assert shown in page
    client.post(here, typed("", name="Always", by=["trigger"]))
    alert.refresh_from_db()
    assert (alert.name, alert.working_hours, alert.by) == ("Always", {}, ["trigger"])
    client.post(f"{here}delete/", {})
    assert not Alert.objects.exists()


def test_who_left_is_still_chosen(browser: Browser, ada: User, bob: User, alert: Alert, system: Actor) -> None:
    services.edit_alert(alert, by=[bob.id], actor=system)
    services.remove_member(alert.organization, user=bob, actor=system)
    client, here = browser(ada), f"{ALERTS}{alert.id}/"

    assert "somebody who left" in client.get(here).content.decode()
    client.post(here, typed("", by=[bob.id], name="Bob"))

    alert.refresh_from_db()
    assert (alert.name, alert.by) == ("Bob", [bob.id])


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"scope": "nowhere"}, ["scope"]),
        ({"events": ["flag.exploded"]}, ["events"]),
        ({"by": ["ghost"]}, ["by"]),
        ({"recipients": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]}, ["recipients"]),
        ({"days": ["mon"], "begins": "09:00"}, ["ends"]),
        ({"days": ["mon"], "begins": "soon", "ends": "18:00"}, ["begins"]),
        ({"time_zone": "Mars"}, ["time_zone"]),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    browser: Browser, ada: User, acme: Organization, wrong: dict[str, Any], fields: list[str]
) -> None:
    answer = browser(ada).post(NEW, typed(acme.id, **wrong))

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, fields)
    assert not Alert.objects.exists()


def test_who_may_not_is_told_so_and_nothing_happens(browser: Browser, bob: User, charlie: User, alert: Alert) -> None:
    assert browser(bob).post(NEW, typed(alert.organization_id)).status_code == 403
    for page in ("", "delete/"):
        assert browser(bob).get(f"{ALERTS}{alert.id}/{page}").status_code == 404
        assert browser(charlie).post(f"{ALERTS}{alert.id}/{page}").status_code == 404
    assert Alert.objects.exists()


def test_more_alerts_members_and_tokens_take_no_more_queries(
    browser: Browser, ada: User, alert: Alert, query_count: QueryCount, a_member: Any, system: Actor
) -> None:
    client, pages = browser(ada), (ALERTS, f"{ALERTS}{alert.id}/")
    few = [query_count(client, page) for page in pages]
    for number in range(3):
        services.create_alert(scope=alert.organization, name="More", actor=system)
        a_member(f"Member{number}", Role.MEMBER)
        services.create_api_key(
            kind="token", scope=alert.organization, name=f"ci {number}", role=Role.ADMIN, actor=system
        )

    assert [query_count(client, page) for page in pages] == few
