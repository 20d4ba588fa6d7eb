"""Who watches a flag hears of what others do to it: of the right things, in the right places, as long as they may know."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from flags import services, tasks
from flags.models import Flag, WatchedEvent, WatchPosition
from flags.watching import sending
from flags.watching.following import follow, forget_told
from flags.watching.sending import MOST_AN_HOUR, send
from tenants import outgoing_mail
from tenants import services as tenant_services
from tenants.actors import Actor
from tenants.audit import erase_person
from tenants.models import AuditEvent, Environment, Mail, Organization, Project, User
from tenants.roles import Role
from tests.flags.watching.conftest import Told, hears
from tests.tenants.conftest import Postbox, body_of

pytestmark = pytest.mark.django_db


def test_a_mail_says_who_did_what_in_the_words_of_the_history(
    watched: Flag, development: Environment, as_ada: Actor, postbox: Postbox
) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    services.set_rollout(watched, development, {"on": 25, "off": 75}, actor=as_ada, comment="<b>Slowly</b>")
    services.edit_flag(watched, {"name": "Till"}, actor=as_ada)

    follow()
    assert send(timezone.now() + 2 * outgoing_mail.REST) == 1
    outgoing_mail.send_due()

    ((recipients, message),) = postbox.messages
    text, html = body_of(message, "plain"), body_of(message, "html")
    assert (recipients, message["Subject"]) == (["bob@example.com"], "checkout: 3 changes")
    for said in (
        "Shop / checkout",
        "Ada turned it on in Development",
        "Ada changed its rules in Development",
        "Everyone else: − serves on",
        "Everyone else: + serves 25 % on, 75 % off",
        "Ada changed its settings",
        "name: checkout → Till",
        "/projects/shop/flags/checkout/environments/development/history/",
        "/projects/shop/flags/checkout/settings/",
    ):
        assert said in text, text
    assert "&lt;b&gt;Slowly&lt;/b&gt;" in html
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/watching/stop/" in message["List-Unsubscribe"]


def test_each_act_has_its_words(watched: Flag, development: Environment, as_ada: Actor, told: Told) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    services.kill_flag(watched, development, actor=as_ada)
    services.roll_back_config(watched, development, to_version=2, actor=as_ada)
    services.archive_flag(watched, actor=as_ada)
    services.unarchive_flag(watched, actor=as_ada)
    services.create_trigger(watched, development, name="Deploy", action="on", actor=as_ada)
    services.delete_flag(watched, actor=as_ada)

    (mail,) = told()

    for said in (
        "Ada turned it on in Development",
        "Ada killed it in Development",
        "Ada rolled it back in Development",
        "Ada archived it\n",
        "Ada unarchived it\n",
        "trigger created: Deploy in Development, by Ada",
        "Ada deleted it\n",
    ):
        assert said in mail, mail
    assert "Look at it:" not in mail


def test_of_ones_own_acts_nothing_is_told(watched: Flag, development: Environment, as_bob: Actor, told: Told) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_bob)

    assert told() == []
    assert not WatchedEvent.with_deleted.exists()


def test_what_happened_before_one_watched_is_not_told(
    checkout: Flag, development: Environment, as_ada: Actor, as_bob: Actor, bob: User, told: Told
) -> None:
    services.toggle_flag(checkout, development, enabled=True, actor=as_ada)
    services.watch_flag(checkout, actor=as_bob)
    hears(bob, "at_once")

    assert told() == []


def test_an_owner_hears_who_made_it(a_flag: Callable[..., Flag], bob: User, told: Told) -> None:
    hears(bob, "at_once")
    a_flag("banner", owner=bob.email)

    (mail,) = told()

    assert mail.startswith("banner: test made it\n")


def test_of_another_flag_and_of_a_segment_nothing_is_told(
    watched: Flag, a_flag: Callable[..., Flag], a_segment: Callable[..., object], as_ada: Actor, told: Told
) -> None:
    services.edit_flag(a_flag("banner"), {"name": "B"}, actor=as_ada)
    a_segment("staff")

    assert told() == []


def test_in_chosen_environments_alone(
    watched: Flag, development: Environment, production: Environment, as_ada: Actor, as_bob: Actor, told: Told
) -> None:
    services.watch_flag(watched, environments=[production], actor=as_bob)
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    services.toggle_flag(watched, production, enabled=True, actor=as_ada)
    services.edit_flag(watched, {"name": "Till"}, actor=as_ada)

    (mail,) = told()

    assert "Production" in mail
    assert "Development" not in mail
    assert "changed its settings" in mail


def test_who_lost_sight_of_it_meanwhile_gets_nothing(
    watched: Flag, development: Environment, acme: Organization, bob: User, as_ada: Actor, system: Actor, told: Told
) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    follow()
    tenant_services.remove_member(acme, user=bob, actor=system)

    assert told() == []
    assert not WatchedEvent.with_deleted.filter(told_at=None).exists()


@pytest.fixture
def in_development(acme: Organization, development: Environment, bob: User, system: Actor) -> Environment:
    """The only environment that Bob may see."""
    tenant_services.withdraw_role(acme, user=bob, actor=system)
    tenant_services.set_role(development, user=bob, role=Role.VIEWER, actor=system)
    return development


def test_who_sees_one_environment_hears_of_that_one_alone(
    watched: Flag, in_development: Environment, production: Environment, as_ada: Actor, told: Told
) -> None:
    services.toggle_flag(watched, in_development, enabled=True, actor=as_ada)
    services.toggle_flag(watched, production, enabled=True, actor=as_ada)
    services.create_trigger(watched, in_development, name="Deploy", action="on", actor=as_ada)

    (mail,) = told()

    assert "turned it on in Development" in mail
    assert "Production" not in mail
    assert "trigger" not in mail


@pytest.mark.parametrize("gone", ["flag", "environment", "project", "organization", "entry", "payload", "asleep"])
def test_what_was_deleted_or_purged_meanwhile_breaks_nothing(
    watched: Flag,
    development: Environment,
    shop: Project,
    acme: Organization,
    ada: User,
    bob: User,
    as_ada: Actor,
    system: Actor,
    told: Told,
    gone: str,
) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    follow()
    if gone == "flag":
        Flag.with_deleted.filter(pk=watched.pk).delete()
    elif gone == "environment":
        tenant_services.delete_environment(development, actor=system)
    elif gone == "project":
        tenant_services.delete_project(shop, actor=system)
    elif gone == "organization":
        tenant_services.delete_organization(acme, actor=system)
    elif gone == "entry":
        AuditEvent.with_deleted.filter(verb="flag.toggled").delete()
    elif gone == "payload":
        erase_person(ada, actor=system)
    else:
        User.objects.filter(pk=bob.pk).update(is_active=False)

    mails = told()

    assert len(mails) == (gone == "payload")
    assert not WatchedEvent.with_deleted.filter(told_at=None).exists()


def test_several_acts_within_two_minutes_are_one_mail(
    watched: Flag, development: Environment, as_ada: Actor, told: Told
) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    assert told(seconds=30) == []
    services.toggle_flag(watched, development, enabled=False, actor=as_ada)

    (mail,) = told(seconds=90)

    assert mail.startswith("checkout: 2 changes")
    assert told(minutes=10) == [mail]


def test_nobody_gets_more_than_so_many_an_hour_and_none_is_lost(
    watched: Flag, development: Environment, as_ada: Actor, told: Told
) -> None:
    now = timezone.now()
    for minute in range(MOST_AN_HOUR + 2):
        services.toggle_flag(watched, development, enabled=minute % 2 == 0, actor=as_ada)
        mails = told(now, minutes=2 + minute)

    assert len(mails) == MOST_AN_HOUR
    assert "the last mail of this kind for now" in mails[-1]
    assert "the last mail of this kind for now" not in mails[-2]
    (*_, last) = told(now, minutes=70)
    assert last.startswith("checkout: 2 changes")


def test_what_one_may_not_see_takes_none_of_the_mails_of_an_hour(
    watched: Flag, in_development: Environment, production: Environment, as_ada: Actor, told: Told
) -> None:
    now = timezone.now()
    for minute in range(MOST_AN_HOUR):
        services.toggle_flag(watched, production, enabled=minute % 2 == 0, actor=as_ada)
        assert told(now, minutes=2 + minute) == []
    services.toggle_flag(watched, in_development, enabled=True, actor=as_ada)

    (mail,) = told(now, minutes=15)

    assert "turned it on in Development" in mail
    assert "the last mail of this kind for now" not in mail


def test_what_comes_while_a_mail_is_written_is_told_in_the_next(
    watched: Flag, development: Environment, as_ada: Actor, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = sending._news

    def slowly(*args: Any) -> Any:
        services.kill_flag(watched, development, actor=as_ada)
        follow()
        return read(*args)

    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    monkeypatch.setattr(sending, "_news", slowly)
    (first,) = told()
    monkeypatch.undo()

    (again, second) = told(minutes=5)

    assert again == first
    assert "killed" in second


def test_who_wants_none_gets_none_and_nothing_is_kept_for_later(
    watched: Flag, development: Environment, bob: User, as_ada: Actor, told: Told
) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    follow()
    hears(bob, "never")
    services.kill_flag(watched, development, actor=as_ada)

    assert told() == []
    hears(bob, "at_once")
    assert told() == []


def test_of_very_much_the_newest_is_told_and_the_rest_counted(
    watched: Flag, development: Environment, as_ada: Actor, told: Told
) -> None:
    for number in range(62):
        services.toggle_flag(watched, development, enabled=number % 2 == 0, actor=as_ada)

    (mail,) = told()

    assert "62 things happened" in mail
    assert "The newest 60 stand here" in mail
    assert mail.count("turned it") == 60


def test_looking_twice_tells_once_even_where_the_note_of_how_far_was_lost(
    watched: Flag, development: Environment, as_ada: Actor, told: Told
) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    assert (tasks.follow_watched_flags(), tasks.follow_watched_flags()) == (1, 0)
    WatchPosition.with_deleted.update(position=0)

    assert len(told()) == 1
    assert len(told(hours=2)) == 1


def test_two_organizations_are_two_mails(
    watched: Flag, development: Environment, bob: User, as_ada: Actor, globex: Organization, system: Actor, told: Told
) -> None:
    tenant_services.add_member(globex, user=bob, role=Role.MEMBER, actor=system)
    bank = tenant_services.create_project(globex, key="bank", name="Bank", actor=system)
    services.create_flag(bank, {"key": "safe", "owner": bob.email}, actor=system)
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)

    told()

    mails = {mail.organization.slug: mail.subject for mail in Mail.objects.all()}
    assert mails == {"acme": "checkout: Ada turned it on in Development", "globex": "safe: test made it"}


def test_what_was_told_long_ago_is_forgotten_and_what_could_never_be_told(
    watched: Flag, development: Environment, as_ada: Actor, told: Told
) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    told()
    now = timezone.now()

    assert forget_told(now + timedelta(days=7)) == 0
    assert forget_told(now + timedelta(days=9)) == 1
    services.kill_flag(watched, development, actor=as_ada)
    follow()
    assert forget_told(now + timedelta(days=29)) == 0
    assert forget_told(now + timedelta(days=31)) == 1


def test_more_to_tell_asks_no_more(
    watched: Flag, a_flag: Callable[..., Flag], development: Environment, bob: User, as_ada: Actor
) -> None:
    others = [a_flag(f"flag-{number}", owner=bob.email) for number in range(8)]
    follow()
    send(timezone.now() + 2 * outgoing_mail.REST)

    def asked(flags: list[Flag], enabled: bool) -> int:
        for flag in flags:
            services.toggle_flag(flag, development, enabled=enabled, actor=as_ada)
        with CaptureQueriesContext(connection) as captured:
            follow()
            send(timezone.now() + 2 * outgoing_mail.REST)
        return len(captured)

    assert asked(others[:1], True) == asked(others, False)
