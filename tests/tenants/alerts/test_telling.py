"""Mails of alerts go to whoever may know of it still, so many an hour, and one says how much more there was."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from flags import services as flag_services
from flags.models import Flag
from tenants import outgoing_mail, services
from tenants.actors import Actor
from tenants.alerts.raising import raise_alerts
from tenants.alerts.telling import MOST_AN_HOUR
from tenants.models import Environment, Mail, Organization, Project, RaisedAlert, User
from tenants.roles import Role
from tests.tenants.conftest import Postbox, body_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def mails_to(user: User) -> list[str]:
    return list(Mail.objects.filter(user=user).order_by("id").values_list("subject", flat=True))


def teams_are_made(acme: Organization, count: int, actor: Actor, key: str = "team") -> None:
    for number in range(count):
        services.create_team(acme, key=f"{key}-{number}", name=f"Team {number}", actor=actor)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def checkout(shop: Project, production: Environment, system: Actor) -> Flag:
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout"}, actor=system).thing
    return flag


def test_a_mail_says_what_where_who_and_when(
    acme: Organization, checkout: Flag, production: Environment, as_ada: Actor, bob: User, postbox: Postbox
) -> None:
    flag_services.toggle_flag(checkout, production, enabled=True, actor=as_ada)
    services.create_alert(scope=acme, name="Kills", events=["flag.killed"], recipients=[bob.id], actor=as_ada)
    flag_services.kill_flag(checkout, production, actor=as_ada, comment="<b>It burns</b>")

    raise_alerts(timezone.now())
    outgoing_mail.send_due()

    ((recipients, message),) = postbox.messages
    text, html = body_of(message, "plain"), body_of(message, "html")
    assert recipients == ["bob@example.com"]
    assert message["Subject"] == "Kills: flag killed, checkout in production"
    for said in ("Who: Ada (user)", "Where: Acme / shop / production", "/organizations/acme/projects/shop/audit/"):
        assert said in text
    assert "&lt;b&gt;It burns&lt;/b&gt;" in html


def test_who_lost_sight_of_the_environment_gets_no_mail(
    acme: Organization,
    checkout: Flag,
    production: Environment,
    bob: User,
    vera: User,
    ada: User,
    as_ada: Actor,
    system: Actor,
) -> None:
    services.withdraw_role(acme, user=bob, actor=system)
    services.set_role(production, user=bob, role=Role.MEMBER, actor=system)
    people = [ada.id, bob.id, vera.id]
    services.create_alert(scope=production, name="News", events=["flag"], recipients=people, actor=system)
    flag_services.toggle_flag(checkout, production, enabled=True, actor=as_ada)
    raise_alerts(timezone.now())
    # Vera is a viewer, who sees no audit log.
    assert [len(mails_to(user)) for user in (ada, bob, vera)] == [1, 1, 0]

    services.withdraw_role(production, user=bob, actor=system)
    flag_services.toggle_flag(checkout, production, enabled=False, actor=as_ada)
    raise_alerts(timezone.now())

    assert [len(mails_to(user)) for user in (ada, bob, vera)] == [2, 1, 0]


def test_who_left_the_organization_gets_no_mail(acme: Organization, ada: User, bob: User, system: Actor) -> None:
    services.create_alert(scope=acme, name="News", events=["team"], recipients=[ada.id, bob.id], actor=system)
    services.remove_member(acme, user=ada, actor=system)
    # Not even an operator, who sees everything.
    User.objects.filter(pk=ada.pk).update(is_superuser=True)

    teams_are_made(acme, 1, system)
    raise_alerts(timezone.now())

    assert (mails_to(ada), len(mails_to(bob))) == ([], 1)


def test_so_many_mails_an_hour_and_then_one_that_says_how_many_more(
    acme: Organization, ada: User, system: Actor, now: datetime
) -> None:
    services.create_alert(scope=acme, name="News", events=["team"], recipients=[ada.id], actor=system)
    teams_are_made(acme, MOST_AN_HOUR + 3, system)

    raise_alerts(now)
    assert len(mails_to(ada)) == MOST_AN_HOUR
    texts = list(Mail.objects.order_by("id").values_list("text", flat=True))
    assert ["the last mail" in text for text in texts] == [False] * (MOST_AN_HOUR - 1) + [True]
    # What follows waits with them, also where the first mails are an hour old before the last.
    teams_are_made(acme, 2, system, "late")
    raise_alerts(now + HOUR / 2)
    raise_alerts(now + HOUR - timedelta(seconds=1))
    assert len(mails_to(ada)) == MOST_AN_HOUR

    raise_alerts(now + HOUR)
    raise_alerts(now + HOUR)

    assert mails_to(ada)[MOST_AN_HOUR:] == ["News: 5 more"]
    assert "team created: 5" in Mail.objects.get(subject="News: 5 more").text
    assert not RaisedAlert.objects.filter(told_at=None).exists()


def test_after_the_summary_there_is_room_again_but_for_one(
    acme: Organization, ada: User, system: Actor, now: datetime
) -> None:
    services.create_alert(scope=acme, name="News", events=["team"], recipients=[ada.id], actor=system)
    teams_are_made(acme, MOST_AN_HOUR + 1, system)
    raise_alerts(now)
    raise_alerts(now + HOUR)

    teams_are_made(acme, MOST_AN_HOUR, system, "late")
    raise_alerts(now + HOUR + timedelta(minutes=1))

    assert len(mails_to(ada)) == MOST_AN_HOUR + 1 + (MOST_AN_HOUR - 1)
    assert RaisedAlert.objects.filter(told_at=None).count() == 1


def test_a_summary_counts_what_each_may_know_of(
    acme: Organization, checkout: Flag, production: Environment, ada: User, bob: User, system: Actor, now: datetime
) -> None:
    services.withdraw_role(acme, user=bob, actor=system)
    services.set_role(production, user=bob, role=Role.MEMBER, actor=system)
    events = ["team", "flag"]
    services.create_alert(scope=acme, name="News", events=events, recipients=[ada.id, bob.id], actor=system)
    teams_are_made(acme, MOST_AN_HOUR + 1, system)
    flag_services.toggle_flag(checkout, production, enabled=True, actor=system)

    raise_alerts(now)
    raise_alerts(now + HOUR)

    assert mails_to(ada)[-1] == "News: 2 more"
    assert mails_to(bob) == ["News: 1 more"]


def test_one_without_recipients_mails_nobody_and_holds_nothing_back(acme: Organization, system: Actor) -> None:
    services.create_alert(scope=acme, name="News", events=["team"], actor=system)
    teams_are_made(acme, MOST_AN_HOUR + 1, system)

    raise_alerts(timezone.now())

    assert not Mail.objects.exists()
    assert RaisedAlert.objects.filter(told_at=None).count() == 0
