"""Alerts are made, edited and deleted by services alone; every refusal, and what the audit log says."""

from typing import Any

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import Alert, AuditEvent, Environment, Organization, OutboxEvent, Project, User
from tenants.permissions import NotAllowed
from tenants.problems import Invalid, TooMany
from tenants.services.alerts import MOST_ALERTS, MOST_BY, MOST_RECIPIENTS

pytestmark = pytest.mark.django_db
NOBODY = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def make(scope: Any, actor: Actor, **given: Any) -> Alert:
    return services.create_alert(scope=scope, **{"name": "Nights", **given}, actor=actor)


def test_one_is_made_edited_and_deleted_and_the_audit_log_says_so(acme: Organization, as_ada: Actor, bob: User) -> None:
    alert = make(acme, as_ada, recipients=[bob.id], comment="after the outage")
    services.edit_alert(alert, events=["flag.killed"], by=["api_key"], actor=as_ada)
    services.edit_alert(alert, name="Nights", actor=as_ada)
    services.delete_alert(alert, actor=as_ada)

    made, edited, deleted = AuditEvent.objects.filter(verb__startswith="alert.").order_by("position")
    assert (made.actor_name, made.comment, made.after["recipients"]) == ("Ada", "after the outage", [bob.id])
    assert (edited.before["events"], edited.after["events"], edited.after["by"]) == ([], ["flag.killed"], ["api_key"])
    assert (deleted.verb, deleted.after, deleted.object_id) == ("alert.deleted", None, alert.pk)
    assert not Alert.objects.exists()
    assert OutboxEvent.objects.filter(topic__startswith="alert.", organization=acme).count() == 3


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"events": ["flag", "flag.exploded"]}, "events[1]"),
        ({"events": ["alert.raised"]}, "events[0]"),
        ({"events": [7]}, "events[0]"),
        ({"by": ["user", "ghost"]}, "by[1]"),
        ({"by": [NOBODY]}, "by[0]"),
        ({"by": [{}]}, "by[0]"),
        ({"by": ["user"] * (MOST_BY + 1)}, "by"),
        ({"recipients": [NOBODY]}, "recipients[0]"),
        ({"recipients": ["\0"]}, "recipients[0]"),
        ({"working_hours": {"days": ["mon"]}}, "working_hours"),
        ({"comment": "\0"}, "comment"),
    ],
)
def test_what_is_wrong_is_refused(acme: Organization, as_ada: Actor, wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make(acme, as_ada, **wrong)

    assert [fault.path for fault in refusal.value.faults] == [path]
    assert not Alert.objects.exists()


def test_who_is_of_another_organization_gets_no_mail_and_is_nobody(
    acme: Organization, globex: Organization, charlie: User, as_ada: Actor, system: Actor
) -> None:
    theirs, _ = services.create_api_key(kind="relay", scope=globex, name="relay", actor=system)

    for wrong in ({"recipients": [charlie.id]}, {"by": [charlie.id]}, {"by": [theirs.id]}):
        with pytest.raises(Invalid):
            make(acme, as_ada, **wrong)


def test_there_are_only_so_many_recipients(acme: Organization, as_ada: Actor, ada: User) -> None:
    with pytest.raises(Invalid, match="At most 20"):
        make(acme, as_ada, recipients=[ada.id] * (MOST_RECIPIENTS + 1))


def test_an_organization_has_only_so_many(acme: Organization, as_ada: Actor) -> None:
    made = make(acme, as_ada)
    Alert.objects.bulk_create(Alert(organization=acme, name=made.name) for _ in range(MOST_ALERTS - 1))

    with pytest.raises(TooMany, match="50 alerts"):
        make(acme, as_ada)


def test_it_is_edited_within_the_same_bounds(acme: Organization, as_ada: Actor) -> None:
    alert = make(acme, as_ada)

    with pytest.raises(Invalid, match="events"):
        services.edit_alert(alert, events=["flag.exploded"], actor=as_ada)


def test_who_left_stays_named_and_is_not_named_anew(
    acme: Organization, as_ada: Actor, bob: User, system: Actor
) -> None:
    alert, other = (make(acme, as_ada, by=by) for by in ([bob.id], []))
    services.remove_member(acme, user=bob, actor=system)

    assert services.edit_alert(alert, name="Bob", by=[bob.id, "trigger"], actor=as_ada).by == [bob.id, "trigger"]
    with pytest.raises(Invalid, match="by"):
        services.edit_alert(other, by=[bob.id], actor=as_ada)


def test_members_make_none(acme: Organization, as_bob: Actor, as_ada: Actor, shop: Project) -> None:
    alert = make(shop, as_ada)

    for act in (
        lambda: make(acme, as_bob),
        lambda: services.edit_alert(alert, name="Mine", actor=as_bob),
        lambda: services.delete_alert(alert, actor=as_bob),
    ):
        with pytest.raises(NotAllowed, match="admin"):
            act()


def test_one_of_an_environment_goes_with_it(production: Environment, as_ada: Actor) -> None:
    make(production, as_ada)
    services.delete_environment(production, actor=as_ada)

    assert not Alert.objects.exists()
    assert Alert.with_deleted.exists()
