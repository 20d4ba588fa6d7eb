"""What happens is told once: of the right things, in the right place, by the right people, to nobody else's webhooks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from flags import services as flag_services
from flags.models import Flag
from tenants import outbox, services, tasks
from tenants.actors import Actor
from tenants.alerts import raising
from tenants.alerts.raising import forget_raised, raise_alerts
from tenants.models import (
    Alert,
    AuditEvent,
    Environment,
    Organization,
    OutboxEvent,
    Project,
    RaisedAlert,
    User,
    WebhookDelivery,
)
from tenants.permissions import actor_of
from tenants.roles import Role
from tests.conftest import AtOnce

pytestmark = pytest.mark.django_db
MakeAlert = Callable[..., Alert]
NEVER_WORKED = {"days": ["mon"], "from": "00:00", "until": "00:00", "time_zone": "UTC"}


@pytest.fixture
def an_alert(acme: Organization, system: Actor) -> MakeAlert:
    def make(**given: Any) -> Alert:
        return services.create_alert(**{"scope": acme, "name": "News", **given}, actor=system)

    return make


@pytest.fixture
def checkout(shop: Project, development: Environment, production: Environment, system: Actor) -> Flag:
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout"}, actor=system).thing
    return flag


def verbs_told(alert: Alert) -> list[str]:
    raise_alerts(timezone.now())
    ids = RaisedAlert.with_deleted.filter(alert=alert).values("event_id")
    return list(AuditEvent.objects.filter(pk__in=ids).order_by("position").values_list("verb", flat=True))


def test_what_happened_before_is_not_told_nor_that_it_was_made(
    an_alert: MakeAlert, acme: Organization, as_ada: Actor
) -> None:
    alert = an_alert()
    assert verbs_told(alert) == []

    services.rename_organization(acme, name="Acme & Sons", actor=as_ada)

    assert verbs_told(alert) == ["organization.renamed"]


def test_twice_looked_tells_once_even_where_the_note_of_how_far_was_lost(
    an_alert: MakeAlert, acme: Organization, as_ada: Actor
) -> None:
    alert = an_alert()
    alert.refresh_from_db()
    services.rename_organization(acme, name="Acme & Sons", actor=as_ada)

    assert (tasks.raise_alerts(), tasks.raise_alerts()) == (1, 0)
    Alert.objects.update(position=alert.position)
    services.rename_organization(acme, name="Acme Brothers", actor=as_ada)
    assert (tasks.raise_alerts(), tasks.raise_alerts()) == (1, 0)
    assert OutboxEvent.objects.filter(topic="alert.raised").count() == 2


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], ["flag.toggled", "flag.killed", "team.created"]),
        (["flag"], ["flag.toggled", "flag.killed"]),
        (["flag.killed", "team"], ["flag.killed", "team.created"]),
        (["api_key"], []),
    ],
)
def test_it_tells_of_what_it_is_about(
    an_alert: MakeAlert, checkout: Flag, production: Environment, as_ada: Actor, events: Any, expected: Any
) -> None:
    alert = an_alert(events=events)

    flag_services.toggle_flag(checkout, production, enabled=True, actor=as_ada)
    flag_services.kill_flag(checkout, production, actor=as_ada)
    services.create_team(checkout.organization, key="web", name="Web", actor=as_ada)

    assert verbs_told(alert) == expected


def test_it_tells_of_its_place_alone(
    an_alert: MakeAlert, checkout: Flag, development: Environment, production: Environment, as_ada: Actor
) -> None:
    alert = an_alert(scope=production)

    flag_services.toggle_flag(checkout, development, enabled=True, actor=as_ada)
    services.create_team(checkout.organization, key="web", name="Web", actor=as_ada)
    assert verbs_told(alert) == []
    flag_services.toggle_flag(checkout, production, enabled=True, actor=as_ada)
    flag_services.edit_flag(checkout, {"name": "Checkout"}, actor=as_ada)
    services.delete_environment(production, actor=as_ada)

    assert verbs_told(alert) == ["flag.toggled", "flag.edited", "environment.deleted"]


def test_it_tells_of_what_is_done_by_those_it_names(
    an_alert: MakeAlert, acme: Organization, as_ada: Actor, ada: User, system: Actor
) -> None:
    token, _ = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.ADMIN, actor=system)
    by = {"user": "user", "api_key": "api_key", "system": "system", "Ada": ada.id, "one token": token.id}
    alerts = [an_alert(name=name, events=["team"], by=[one]) for name, one in by.items()]

    for number, actor in enumerate((as_ada, Actor.of_api_key(token), system, actor_of(User.objects.get(name="Alice")))):
        services.create_team(acme, key=f"team-{number}", name="Team", actor=actor)

    told = {alert.name: len(verbs_told(alert)) for alert in alerts}
    assert told == {"user": 2, "api_key": 1, "system": 1, "Ada": 1, "one token": 1}


def test_within_working_hours_nothing_is_told(an_alert: MakeAlert, acme: Organization, as_ada: Actor) -> None:
    always = {**NEVER_WORKED, "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
    alert = an_alert(working_hours=always)

    services.create_team(acme, key="web", name="Web", actor=as_ada)

    assert verbs_told(alert) == []


def test_an_alert_of_another_organization_tells_nothing(
    acme: Organization, globex: Organization, charlie: User, as_ada: Actor, as_charlie: Actor
) -> None:
    alert = services.create_alert(scope=globex, name="All", recipients=[charlie.id], actor=as_charlie)

    services.create_team(acme, key="web", name="Web", actor=as_ada)
    assert verbs_told(alert) == []
    assert not OutboxEvent.objects.filter(topic="alert.raised").exists()

    services.create_team(globex, key="web", name="Web", actor=as_charlie)
    assert verbs_told(alert) == ["team.created"]
    assert set(OutboxEvent.objects.filter(topic="alert.raised").values_list("organization", flat=True)) == {globex.pk}


def test_webhooks_of_its_place_hear_that_it_was_raised(
    an_alert: MakeAlert,
    acme: Organization,
    checkout: Flag,
    production: Environment,
    development: Environment,
    ada: User,
) -> None:
    url = "https://ci.example.com/hooks"
    for place in (acme, production, development):
        services.create_webhook(scope=place, name=str(place), url=url, events=["alert.raised"], actor=Actor.system())
    flag_services.toggle_flag(checkout, production, enabled=True, actor=Actor.system())
    an_alert(events=["flag.killed"], name="Kills")
    flag_services.kill_flag(checkout, production, actor=actor_of(ada), comment="It burns")

    raise_alerts(timezone.now())
    outbox.drain()

    delivered = WebhookDelivery.objects.filter(event_type="alert.raised")
    assert {delivery.webhook.name for delivery in delivered} == {"Acme", "Production"}
    body = delivered[0].body
    for said in ('"name":"Kills"', '"type":"flag.killed"', '"environment":"production"', '"name":"Ada"', "It burns"):
        assert said in body


def test_what_fails_with_one_is_no_trouble_of_the_others(
    an_alert: MakeAlert, acme: Organization, as_ada: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = an_alert(name="broken"), an_alert(name="well")
    Alert.objects.filter(pk=broken.pk).update(working_hours={**NEVER_WORKED, "time_zone": "Europe/Atlantis"})
    services.create_team(acme, key="web", name="Web", actor=as_ada)

    assert verbs_told(well) == ["team.created"]
    assert f"the alert {broken.pk} could not be looked after" in caplog.text


def test_more_than_fits_into_one_round_is_told_in_the_next(
    an_alert: MakeAlert, acme: Organization, as_ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raising, "AT_ONCE", 2)
    alert = an_alert(events=["team"])
    for number in range(3):
        services.create_team(acme, key=f"team-{number}", name="Team", actor=as_ada)

    assert [raise_alerts(timezone.now()) for _ in range(3)] == [2, 1, 0]
    assert len(verbs_told(alert)) == 3


def test_old_rows_are_forgotten_but_not_what_waits(an_alert: MakeAlert, acme: Organization, as_ada: Actor) -> None:
    an_alert(events=["team"])
    for number in range(2):
        services.create_team(acme, key=f"team-{number}", name="Team", actor=as_ada)
    raise_alerts(timezone.now())
    newest = RaisedAlert.objects.latest("pk")
    RaisedAlert.objects.filter(pk=newest.pk).update(told_at=None)

    assert tasks.forget_raised_alerts() == 0
    assert forget_raised(timezone.now() + timedelta(days=9)) == 1
    assert RaisedAlert.objects.get().told_at is None


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_tell_once(
    an_alert: MakeAlert, acme: Organization, as_ada: Actor, ada: User, at_once: AtOnce
) -> None:
    an_alert(recipients=[ada.id])
    for number in range(5):
        services.create_team(acme, key=f"team-{number}", name="Team", actor=as_ada)

    at_once(*[lambda: raise_alerts(timezone.now())] * 4)
    raise_alerts(timezone.now())

    assert OutboxEvent.objects.filter(topic="alert.raised").count() == RaisedAlert.objects.count() == 5
