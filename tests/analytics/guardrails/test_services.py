"""Guardrails are made, edited, armed, dismissed and deleted: who may, what is refused, and when counting begins anew."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from analytics.guardrails import services
from analytics.guardrails.services import MOST_GUARDRAILS, create_guardrail
from analytics.guardrails.tokens import token_of
from analytics.models import Guardrail, GuardrailPoint
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Membership, OutboxEvent, User
from tenants.permissions import NotAllowed, actor_of, grant
from tenants.problems import Invalid, TooMany
from tenants.roles import Role
from tests.analytics.guardrails.conftest import ERRORS, Report

pytestmark = pytest.mark.django_db

PROMETHEUS = {
    "name": "Latency",
    "source": "prometheus",
    "url": "https://prometheus.example.com",
    "query": "up",
    "budget": 1.0,
    "token": "s3cret",
}
Service = Callable[[Guardrail, Actor], object]
CALLS: dict[str, Service] = {
    "create": lambda guardrail, actor: create_guardrail(guardrail.flag, guardrail.environment, ERRORS, actor=actor),
    "edit": lambda guardrail, actor: services.edit_guardrail(guardrail, {"budget": 0.5}, actor=actor),
    "dismiss": lambda guardrail, actor: services.dismiss_guardrail(guardrail, actor=actor),
    "arm": lambda guardrail, actor: services.arm_guardrail(guardrail, actor=actor),
    "delete": lambda guardrail, actor: services.delete_guardrail(guardrail, actor=actor),
}
ADMINS_ALONE = {"delete"}


def facts(verb: str) -> tuple[Any, Any, str]:
    event = AuditEvent.objects.get(verb=verb)
    return event.before, event.after, event.comment


def test_a_guardrail_watches_from_the_moment_it_is_made(served: Flag, development: Environment, as_bob: Actor) -> None:
    guardrail = create_guardrail(served, development, ERRORS, actor=as_bob, comment="Launch")

    assert (guardrail.state, guardrail.action, guardrail.alpha) == ("watching", "kill", 0.01)
    assert as_bob.user is not None
    assert guardrail.recipients == [as_bob.user.pk]
    before, after, comment = facts("guardrail.created")
    assert (before, after["variant"], after["budget"], comment) == (None, "on", 0.02, "Launch")
    assert OutboxEvent.objects.filter(topic="guardrail.created", environment=development).exists()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("who", ["as_vera", "as_bob", "as_ada", "as_charlie"])
def test_members_guard_what_is_not_protected_and_admins_delete(
    guardrail: Guardrail, request: pytest.FixtureRequest, who: str, call: str
) -> None:
    actor = request.getfixturevalue(who)

    if who == "as_ada" or (who == "as_bob" and call not in ADMINS_ALONE):
        CALLS[call](guardrail, actor)
    else:
        with pytest.raises(NotAllowed):
            CALLS[call](guardrail, actor)


@pytest.mark.parametrize("call", CALLS)
def test_in_a_protected_environment_it_takes_an_admin_or_a_role_there(
    served: Flag, production: Environment, as_bob: Actor, bob: User, as_ada: Actor, call: str
) -> None:
    guardrail = create_guardrail(served, production, ERRORS, actor=as_ada)

    with pytest.raises(NotAllowed, match=r"Production is protected|the role admin"):
        CALLS[call](guardrail, as_bob)
    grant(bob, Role.ADMIN if call in ADMINS_ALONE else Role.MEMBER, production)
    CALLS[call](guardrail, actor_of(bob))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"variant": "blue"}, "variant"),
        ({"variant": ""}, "variant"),
        ({"control": "blue"}, "control"),
        ({"control": "on"}, "control"),
        ({"budget": 0.0}, "budget"),
        ({"budget": 1.0}, "budget"),
        ({"budget": float("nan")}, "budget"),
        ({"control": "off", "budget": -0.1}, "budget"),
        ({"control": "off", "budget": 101.0}, "budget"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 0.5}, "alpha"),
        ({"min_sample": 0}, "min_sample"),
        ({"action": "explode"}, "action"),
        ({"source": "stars"}, "source"),
        ({"name": ""}, "name"),
        ({"url": "https://prometheus.example.com"}, "url"),
        ({"query": "up"}, "query"),
        ({"token": "x"}, "token"),
        ({"recipients": ["nobody"]}, "recipients[0]"),
        ({"recipients": ["x"] * 21}, "recipients"),
        ({"recipients": [{}]}, "recipients[0]"),
        (PROMETHEUS | {"variant": "on"}, "variant"),
        (PROMETHEUS | {"url": "http://10.0.0.1/"}, "url"),
        (PROMETHEUS | {"url": "https://127.0.0.1/"}, "url"),
        (PROMETHEUS | {"url": "https://prometheus.example.com/?query=up"}, "url"),
        (PROMETHEUS | {"query": " "}, "query"),
        (PROMETHEUS | {"samples": 0}, "samples"),
        (PROMETHEUS | {"budget": float("inf")}, "budget"),
        (PROMETHEUS | {"budget": float("nan")}, "budget"),
        (PROMETHEUS | {"budget": -1.5e308}, "budget"),
        (PROMETHEUS | {"token": "a b"}, "token"),
    ],
)
def test_what_makes_no_sense_is_refused(
    served: Flag, development: Environment, as_ada: Actor, given: dict[str, Any], path: str
) -> None:
    whole = given if "source" in given and given["source"] == "prometheus" else ERRORS | given

    with pytest.raises(Invalid) as refused:
        create_guardrail(served, development, whole, actor=as_ada)

    assert path in [fault.path for fault in refused.value.faults]
    assert not Guardrail.objects.exists()


def test_a_flag_has_so_many_and_no_more(served: Flag, development: Environment, as_bob: Actor) -> None:
    for _ in range(MOST_GUARDRAILS):
        create_guardrail(served, development, ERRORS, actor=as_bob)

    with pytest.raises(TooMany, match="10 guardrails"):
        create_guardrail(served, development, ERRORS, actor=as_bob)


def test_admins_alone_have_prometheus_asked_and_nobody_reads_its_token(
    served: Flag, development: Environment, as_bob: Actor, as_ada: Actor
) -> None:
    with pytest.raises(NotAllowed, match=r"guardrail\.connect"):
        create_guardrail(served, development, PROMETHEUS, actor=as_bob)

    guardrail = create_guardrail(served, development, PROMETHEUS, actor=as_ada)

    rows = str([*Guardrail.objects.values(), *Guardrail.history.values(), *AuditEvent.objects.values()])
    assert "s3cret" not in rows
    assert facts("guardrail.created")[1]["url"] == "prometheus.example.com"
    services.edit_guardrail(guardrail, {"samples": 5}, actor=as_bob)
    for change in ({"url": "https://other.example.com"}, {"token": "mine"}, {"token": ""}):
        with pytest.raises(NotAllowed, match=r"guardrail\.connect"):
            services.edit_guardrail(guardrail, change, actor=as_bob)


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({"url": "https://PROMETHEUS.example.com:443/base"}, "s3cret"),
        ({"url": "https://prometheus.example.com:9090"}, ""),
        ({"url": "https://evil.example.com"}, ""),
        ({"url": "http://prometheus.example.com:443"}, ""),
        ({"url": "https://evil.example.com", "token": "its-own"}, "its-own"),
        ({"source": "errors", "url": "", "query": "", "variant": "on", "budget": 0.02}, ""),
    ],
)
def test_a_token_goes_to_no_other_server_than_the_one_it_was_given_for(
    served: Flag, development: Environment, as_ada: Actor, settings: Any, change: dict[str, Any], stays: str
) -> None:
    settings.WEBHOOK_NETWORKS = (ip_network("10.0.0.0/8"),)
    guardrail = create_guardrail(served, development, PROMETHEUS, actor=as_ada)

    services.edit_guardrail(guardrail, change, actor=as_ada)

    assert token_of(Guardrail.objects.get()) == stays


def test_whoever_may_not_kill_makes_none_that_kills(
    served: Flag, development: Environment, a_member: Callable[[str, Role], User], system: Actor
) -> None:
    from tenants import services as tenants_services

    role = tenants_services.create_role(
        served.organization, key="guards", name="Guards", verbs=["guardrail.create"], actor=system
    )
    dora = a_member("Dora", Role.VIEWER)
    grant(dora, role, served.organization)

    with pytest.raises(NotAllowed, match=r"flag\.kill"):
        create_guardrail(served, development, ERRORS, actor=actor_of(dora))
    assert create_guardrail(served, development, ERRORS | {"action": "tell"}, actor=actor_of(dora)).action == "tell"


def test_another_budget_forgets_what_was_counted_and_another_name_does_not(
    guardrail: Guardrail, report: Report, as_bob: Actor
) -> None:
    report(requests=100, errors=1)

    services.edit_guardrail(guardrail, {"name": "Till fails"}, actor=as_bob)
    assert GuardrailPoint.objects.get().trials == 100
    edited = services.edit_guardrail(guardrail, {"budget": 0.05}, actor=as_bob)

    assert not GuardrailPoint.objects.exists()
    assert edited.armed_at > guardrail.armed_at
    assert [event.before["budget"] for event in AuditEvent.objects.filter(verb="guardrail.edited")] == [0.02, 0.02]


def test_an_edit_that_changes_nothing_writes_nothing(guardrail: Guardrail, as_bob: Actor) -> None:
    services.edit_guardrail(guardrail, {"budget": 0.02, "name": " Checkout fails "}, actor=as_bob)

    assert not AuditEvent.objects.filter(verb="guardrail.edited").exists()


def test_dismissed_it_rests_until_it_is_armed_which_begins_anew(
    guardrail: Guardrail, report: Report, as_bob: Actor
) -> None:
    report(requests=100, errors=1)

    dismissed = services.dismiss_guardrail(guardrail, actor=as_bob, comment="Known")
    report(requests=100, errors=90)
    assert (dismissed.state, dismissed.settled_by) == ("dismissed", as_bob.user)
    assert GuardrailPoint.objects.get().failures == 1
    armed = services.arm_guardrail(dismissed, actor=as_bob, comment="Fixed")

    assert (armed.state, GuardrailPoint.objects.exists()) == ("watching", False)
    assert facts("guardrail.dismissed")[2] == "Known"
    assert facts("guardrail.armed")[0]["state"] == "dismissed"


def test_a_recipient_who_left_is_in_nobodys_way_and_cannot_be_added_again(
    guardrail: Guardrail, as_ada: Actor, ada: User, bob: User
) -> None:
    Membership.objects.filter(user=bob).delete()

    services.edit_guardrail(guardrail, {"name": "Till fails", "recipients": [bob.pk, ada.pk]}, actor=as_ada)
    services.dismiss_guardrail(guardrail, actor=as_ada)
    assert services.arm_guardrail(guardrail, actor=as_ada).state == "watching"

    services.edit_guardrail(guardrail, {"recipients": [ada.pk]}, actor=as_ada)
    with pytest.raises(Invalid, match=r"recipients\[1\]"):
        services.edit_guardrail(guardrail, {"recipients": [ada.pk, bob.pk]}, actor=as_ada)


def test_arming_what_watches_and_dismissing_what_rests_changes_nothing(guardrail: Guardrail, as_bob: Actor) -> None:
    services.arm_guardrail(guardrail, actor=as_bob)
    services.dismiss_guardrail(guardrail, actor=as_bob)
    services.dismiss_guardrail(guardrail, actor=as_bob)

    assert not AuditEvent.objects.filter(verb="guardrail.armed").exists()
    assert AuditEvent.objects.filter(verb="guardrail.dismissed").count() == 1


def test_deleted_it_is_gone_with_what_it_counted(guardrail: Guardrail, report: Report, as_ada: Actor) -> None:
    report(requests=100, errors=1)

    services.delete_guardrail(guardrail, actor=as_ada)

    assert not Guardrail.with_deleted.exists()
    assert not GuardrailPoint.with_deleted.exists()
    assert facts("guardrail.deleted")[0]["name"] == "Checkout fails"
