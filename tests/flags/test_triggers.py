"""Triggers: who may make one, what each does, and that its secret opens that and nothing else."""

from typing import Any

import pytest

from flags import services, triggers
from flags.models import Flag, FlagConfig, FlagTrigger
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent, User
from tenants.permissions import NotAllowed, actor_of, grant
from tenants.problems import Conflict, Invalid, TooMany
from tenants.roles import Role
from tests.conftest import AtOnce

pytestmark = pytest.mark.django_db


def make(
    flag: Flag, environment: Environment, actor: Actor, action: str = "on", **given: Any
) -> tuple[FlagTrigger, str]:
    return services.create_trigger(flag, environment, **{"name": "Deploy", "action": action, **given}, actor=actor)


def pull(secret: str) -> services.Saved[FlagConfig]:
    trigger = triggers.find_trigger(secret)
    assert trigger is not None
    return services.pull_trigger(trigger, actor=triggers.actor_of(trigger))


def test_a_secret_has_256_bits_and_is_kept_as_a_hash(checkout: Flag, development: Environment, as_bob: Actor) -> None:
    trigger, secret = make(checkout, development, as_bob)

    assert secret.startswith("ff_trigger_")
    assert len(secret) == len("ff_trigger_") + 43
    rows = str([*FlagTrigger.objects.values(), *FlagTrigger.history.values(), *AuditEvent.objects.values()])
    assert secret not in rows
    assert secret.removeprefix("ff_trigger_") not in rows
    assert triggers.find_trigger(secret) == trigger


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("on", False, True), ("on", True, True), ("off", True, False), ("toggle", False, True), ("toggle", True, False)],
)
def test_it_does_what_it_is_for(
    checkout: Flag, development: Environment, as_bob: Actor, action: str, before: bool, after: bool
) -> None:
    services.put_config(checkout, development, {"enabled": before}, actor=as_bob)
    secret = make(checkout, development, as_bob, action)[1]

    saved = pull(secret)

    assert (saved.thing.enabled, saved.changed) == (after, before is not after)
    assert FlagConfig.objects.get().enabled is after


def test_it_serves_a_variant_to_all_whom_no_rule_names(checkout: Flag, development: Environment, as_bob: Actor) -> None:
    secret = make(checkout, development, as_bob, "serve", variant="off")[1]

    assert pull(secret).thing.fallthrough == {"variant": "off"}
    assert not pull(secret).changed


def test_the_audit_log_names_the_trigger_and_whoever_follows_hears_of_it(
    checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    trigger, secret = make(checkout, development, as_bob)
    pull(secret)

    event = AuditEvent.objects.get(verb="flag.toggled")
    assert (event.actor_kind, event.actor_id) == ("trigger", trigger.id)
    assert event.actor_name == f"{trigger.prefix}… (Deploy)"
    assert event.comment == "by the trigger Deploy"
    assert OutboxEvent.objects.filter(topic="flag.toggled", environment=development).exists()
    trigger.refresh_from_db()
    assert trigger.last_used_at is not None


def test_a_revoked_one_opens_nothing(checkout: Flag, development: Environment, as_bob: Actor) -> None:
    trigger, secret = make(checkout, development, as_bob)
    found = triggers.find_trigger(secret)
    services.revoke_trigger(trigger, actor=as_bob)
    services.revoke_trigger(trigger, actor=as_bob)

    assert triggers.find_trigger(secret) is None
    with pytest.raises(Conflict, match="revoked"):
        services.pull_trigger(found, actor=triggers.actor_of(trigger))  # type: ignore[arg-type]  # found a moment ago
    assert AuditEvent.objects.filter(verb="trigger.revoked").count() == 1


@pytest.mark.parametrize(
    "secret", ["", "ff_trigger_", "ff_trigger_" + "a" * 43, "ff_token_" + "a" * 43, "ff_trigger_ü"]
)
def test_what_is_no_secret_opens_nothing(checkout: Flag, development: Environment, as_bob: Actor, secret: str) -> None:
    make(checkout, development, as_bob)

    assert triggers.find_trigger(secret) is None


@pytest.mark.parametrize("what", ["flag", "environment"])
def test_in_something_deleted_it_opens_nothing(
    checkout: Flag, development: Environment, as_ada: Actor, what: str
) -> None:
    secret = make(checkout, development, as_ada)[1]
    if what == "flag":
        services.delete_flag(checkout, actor=as_ada)
    else:
        tenants_services.delete_environment(development, actor=as_ada)

    assert triggers.find_trigger(secret) is None


def test_an_archived_flag_is_not_turned(checkout: Flag, development: Environment, as_bob: Actor) -> None:
    secret = make(checkout, development, as_bob)[1]
    services.archive_flag(checkout, actor=as_bob)

    with pytest.raises(Conflict, match="archived"):
        pull(secret)


def test_a_viewer_makes_none_and_revokes_none(
    checkout: Flag, development: Environment, as_vera: Actor, as_bob: Actor
) -> None:
    trigger, _ = make(checkout, development, as_bob)

    with pytest.raises(NotAllowed):
        make(checkout, development, as_vera)
    with pytest.raises(NotAllowed):
        services.revoke_trigger(trigger, actor=as_vera)


def test_a_protected_environment_needs_the_right_when_it_is_made(
    checkout: Flag, production: Environment, bob: User, as_bob: Actor, as_ada: Actor
) -> None:
    with pytest.raises(NotAllowed, match="protected"):
        make(checkout, production, as_bob)

    assert pull(make(checkout, production, as_ada)[1]).changed
    grant(bob, Role.MEMBER, production)
    assert make(checkout, production, actor_of(bob))


@pytest.mark.parametrize(("action", "missing"), [("on", "flag.toggle"), ("serve", "flag.configure")])
def test_nobody_makes_one_that_does_more_than_they_may(
    checkout: Flag, development: Environment, vera: User, system: Actor, action: str, missing: str
) -> None:
    verbs = [verb for verb in ("trigger.create", "flag.toggle", "flag.configure") if verb != missing]
    role = tenants_services.create_role(development.organization, key="maker", name="Maker", verbs=verbs, actor=system)
    tenants_services.set_role(development.organization, user=vera, role=role, actor=system)

    with pytest.raises(NotAllowed, match=missing):
        make(checkout, development, actor_of(vera), action, variant="on" if action == "serve" else "")


def test_its_actor_can_do_nothing_else(
    checkout: Flag, development: Environment, production: Environment, as_ada: Actor
) -> None:
    trigger, _ = make(checkout, development, as_ada)
    actor = triggers.actor_of(trigger)

    for forbidden in (
        lambda: services.toggle_flag(checkout, production, enabled=True, actor=actor),
        lambda: services.put_config(checkout, development, {"enabled": True}, actor=actor),
        lambda: services.kill_flag(checkout, development, actor=actor),
        lambda: make(checkout, development, actor),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    assert not Flag.objects.visible_to(actor).exists()


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": ""}, "name"),
        ({"action": "explode"}, "action"),
        ({"action": "serve"}, "variant"),
        ({"action": "serve", "variant": "purple"}, "variant"),
        ({"action": "on", "variant": "off"}, "variant"),
        ({"comment": "\0"}, "comment"),
    ],
)
def test_what_is_wrong_is_refused(
    checkout: Flag, development: Environment, as_bob: Actor, wrong: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        make(checkout, development, as_bob, **{"action": "on", **wrong})

    assert [fault.path for fault in refusal.value.faults] == [path]


def test_a_flag_has_only_so_many(checkout: Flag, development: Environment, as_bob: Actor) -> None:
    for _ in range(20):
        make(checkout, development, as_bob)

    with pytest.raises(TooMany, match="20 triggers"):
        make(checkout, development, as_bob)


@pytest.mark.django_db(transaction=True)
def test_an_even_number_of_turns_at_once_is_none(
    checkout: Flag, development: Environment, as_bob: Actor, at_once: AtOnce
) -> None:
    secret = make(checkout, development, as_bob, "toggle")[1]

    done = at_once(*[lambda: pull(secret)] * 2)

    assert not [one for one in done if isinstance(one, Exception)]
    assert FlagConfig.objects.get().enabled is False
