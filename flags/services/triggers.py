"""Triggers: made (their address shown that once), pulled, and revoked."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from flags import selectors
from flags.models import Flag, FlagConfig, FlagTrigger
from flags.services.configs import set_fallthrough, toggle_flag
from flags.services.saving import Saved
from flags.triggers import VERB_OF, mint, prefix_of
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, check, insert, locked, tidy
from tenants.keys import sha256_of
from tenants.models import Environment
from tenants.permissions import require
from tenants.problems import Conflict, Fault, TooMany, VersionConflict

Action = FlagTrigger.Action

MOST_TRIGGERS = 20
# Somebody may save between reading on which side a flag is and turning it.
TURNS = 3


def create_trigger(
    flag: Flag,
    environment: Environment,
    *,
    name: str,
    action: str,
    variant: str = "",
    actor: Actor,
    comment: str = "",
) -> tuple[FlagTrigger, str]:
    """A trigger and the secret of its address, which can be read here and never again.

    Its maker must be able to do there by themselves what the trigger does: whoever has the address can from then on, also
    when its maker cannot any more. `variant` is what is served, with the action `serve` alone.
    """
    state, secret = selectors.untouched(flag, environment), mint()
    require(actor, "trigger.create", state)
    trigger = FlagTrigger(
        organization_id=flag.organization_id,
        flag=flag,
        environment=environment,
        name=tidy(name),
        action=action,
        variant=variant,
        prefix=prefix_of(secret),
        sha256=sha256_of(secret),
        created_by=actor.user,
    )
    check(trigger, comment, faults=_faults(trigger, flag))
    require(actor, VERB_OF[Action(action)], state)
    with transaction.atomic():
        locked(flag.project)
        trigger.flag, trigger.environment = locked(flag), locked(environment)
        _make_room(trigger)
        insert(trigger, actor=actor, comment=comment, taken="This trigger exists already.")
        _told(actor, "trigger.created", trigger, None, facts_of(trigger), comment)
    return trigger, secret


def pull_trigger(trigger: FlagTrigger, *, actor: Actor) -> Saved[FlagConfig]:
    """Do what it is for. `changed` is False where the flag was so already."""
    with transaction.atomic():
        trigger = locked(trigger)
        if trigger.revoked_at is not None:
            raise Conflict("This trigger was revoked.")
        saved = _done(trigger, actor)
        FlagTrigger.objects.filter(pk=trigger.pk).update(last_used_at=timezone.now())
    return saved


def revoke_trigger(trigger: FlagTrigger, *, actor: Actor, comment: str = "") -> FlagTrigger:
    """Its address leads nowhere any more, for ever. One that was revoked already is left as it is."""
    require(actor, "trigger.revoke", trigger)
    check(None, comment)
    with transaction.atomic():
        trigger = locked(trigger)
        if trigger.revoked_at is None:
            alter(trigger, {"revoked_at": timezone.now()}, actor=actor, comment=comment)
            _told(actor, "trigger.revoked", trigger, facts_of(trigger), None, comment)
    return trigger


def facts_of(trigger: FlagTrigger) -> dict[str, Any]:
    return {"name": trigger.name, "flag": trigger.flag.key, "does": trigger.does, "prefix": trigger.prefix}


def _done(trigger: FlagTrigger, actor: Actor) -> Saved[FlagConfig]:
    how: dict[str, Any] = {"actor": actor, "comment": f"by the trigger {trigger.name}"}
    if trigger.action == Action.SERVE:
        return set_fallthrough(trigger.flag, trigger.environment, {"variant": trigger.variant}, **how)
    if trigger.action == Action.TOGGLE:
        return _turned(trigger, how)
    return toggle_flag(trigger.flag, trigger.environment, enabled=trigger.action == Action.ON, **how)


def _turned(trigger: FlagTrigger, how: dict[str, Any]) -> Saved[FlagConfig]:
    for _ in range(TURNS):
        state = selectors.state_of(trigger.flag, trigger.environment)
        try:
            return toggle_flag(
                trigger.flag, trigger.environment, enabled=not state.enabled, version=state.version, **how
            )
        except VersionConflict as conflict:
            overtaken = conflict
    raise overtaken


def _faults(trigger: FlagTrigger, flag: Flag) -> Iterable[Fault]:
    serves = trigger.action == Action.SERVE
    if serves and trigger.variant not in flag.variants:
        yield Fault("variant", f"Choose one of {', '.join(flag.variants)}.")
    if not serves and trigger.variant:
        yield Fault("variant", "Only the action serve takes a variant.")


def _make_room(trigger: FlagTrigger) -> None:
    """The project is locked, so that two creations do not both fit."""
    there = FlagTrigger.objects.filter(flag=trigger.flag, environment=trigger.environment, revoked_at__isnull=True)
    if there.count() >= MOST_TRIGGERS:
        raise TooMany(
            f"{trigger.flag} has {MOST_TRIGGERS} triggers in {trigger.environment}, which is all that there may be."
        )


def _told(actor: Actor, verb: str, trigger: FlagTrigger, before: Any, after: Any, comment: str) -> None:
    audit.record(actor, verb, trigger, before, after, comment=comment)
    outbox.put(verb, trigger.environment, {"trigger": trigger.pk})
