"""Guardrails: made, edited, armed again, dismissed and deleted. Each watch begins with nothing counted."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from analytics.guardrails import tokens
from analytics.guardrails.checking import faults_of
from analytics.guardrails.tokens import origin_of
from analytics.models import Guardrail
from flags import selectors
from flags.models import Flag
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import check, insert, locked, remove, tidy
from tenants.models import Environment
from tenants.permissions import require
from tenants.problems import TooMany

Action, Source, State = Guardrail.Action, Guardrail.Source, Guardrail.State

MOST_GUARDRAILS = 10
# What it takes to do by oneself what a guardrail does.
VERB_OF: Mapping[str, str] = {Action.KILL: "flag.kill", Action.PAUSE: "rollout.pause"}
# What is measured, and against what: where one of these is changed, the watch begins anew.
MEASURED = (
    "source",
    "variant",
    "control",
    "metric",
    "budget",
    "alpha",
    "min_sample",
    "from_clients",
    "url",
    "query",
    "is_above",
    "samples",
)
TOLD = ("name", *MEASURED, "action", "is_dry_run", "recipients")
ANEW = ("armed_at", "state", "breached_at", "done", "evidence", "is_due", "looked_at", "fault")


def create_guardrail(
    flag: Flag, environment: Environment, given: Mapping[str, Any], *, actor: Actor, comment: str = ""
) -> Guardrail:
    """One that watches from now on. `given` are fields of `TOLD`, and `token`, which nothing shows again.

    Its maker must be able to do by themselves what it does. Without recipients its maker gets the mails.
    """
    fields = dict(given)
    token = fields.pop("token", None)
    guardrail = Guardrail(
        organization_id=flag.organization_id, flag=flag, environment=environment, created_by=actor.user, **fields
    )
    guardrail.name = tidy(guardrail.name)
    if "recipients" not in fields and actor.user is not None:
        guardrail.recipients = [actor.user.pk]
    require(actor, "guardrail.create", selectors.untouched(flag, environment))
    _check(guardrail, token, actor, comment, connects=guardrail.source == Source.PROMETHEUS)
    tokens.give(guardrail, token or "")
    with transaction.atomic():
        locked(flag.project)
        guardrail.flag, guardrail.environment = locked(flag), locked(environment)
        _make_room(guardrail)
        insert(guardrail, actor=actor, comment=comment, taken="This guardrail exists already.")
        tell(actor, "guardrail.created", guardrail, None, facts_of(guardrail), comment)
    return guardrail


def edit_guardrail(guardrail: Guardrail, given: Mapping[str, Any], *, actor: Actor, comment: str = "") -> Guardrail:
    """What is left out stays, but a token is shown to no other server than the one that it was given for.

    Where what it measures is another, what was counted is forgotten.
    """
    require(actor, "guardrail.edit", guardrail)
    with transaction.atomic():
        guardrail, wanted = locked(guardrail), dict(given)
        token, before, had = wanted.pop("token", None), facts_of(guardrail), guardrail.recipients
        origin = origin_of(guardrail)
        if "name" in wanted:
            wanted["name"] = tidy(wanted["name"])
        changed = [name for name, value in wanted.items() if value != getattr(guardrail, name)]
        for name in changed:
            setattr(guardrail, name, wanted[name])
        connects = token is not None or {"url", "source"} & {*changed}
        _check(guardrail, token, actor, comment, had=had, connects=connects)
        if token is None and guardrail.sealed_token and origin_of(guardrail) != origin:
            token = ""
        if token is not None:
            tokens.give(guardrail, token)
            changed.append("sealed_token")
        if not changed:
            return guardrail
        if {*changed} & {*MEASURED} and guardrail.state == State.WATCHING:
            changed += _begin_anew(guardrail, timezone.now())
        _save(guardrail, changed, actor, comment)
        tell(actor, "guardrail.edited", guardrail, before, facts_of(guardrail), comment)
    return guardrail


def arm_guardrail(guardrail: Guardrail, *, actor: Actor, comment: str = "") -> Guardrail:
    """Have it watch from now on, with nothing counted. One that watches already goes on."""
    require(actor, "guardrail.arm", guardrail)
    check(None, comment)
    with transaction.atomic():
        guardrail = locked(guardrail)
        if guardrail.state == State.WATCHING:
            return guardrail
        _check(guardrail, None, actor, comment, had=guardrail.recipients)
        before, now = state_of(guardrail), timezone.now()
        guardrail.settled_at, guardrail.settled_by = now, actor.user
        _save(guardrail, [*_begin_anew(guardrail, now), "settled_at", "settled_by"], actor, comment)
        tell(actor, "guardrail.armed", guardrail, before, state_of(guardrail), comment)
    return guardrail


def dismiss_guardrail(guardrail: Guardrail, *, actor: Actor, comment: str = "") -> Guardrail:
    """Have it watch no more. What showed a breach stays, until it is armed again."""
    require(actor, "guardrail.dismiss", guardrail)
    check(None, comment)
    with transaction.atomic():
        guardrail = locked(guardrail)
        if guardrail.state == State.DISMISSED:
            return guardrail
        before = state_of(guardrail)
        guardrail.state, guardrail.is_due = State.DISMISSED, False
        guardrail.settled_at, guardrail.settled_by = timezone.now(), actor.user
        _save(guardrail, ["state", "is_due", "settled_at", "settled_by"], actor, comment)
        tell(actor, "guardrail.dismissed", guardrail, before, state_of(guardrail), comment)
    return guardrail


def delete_guardrail(guardrail: Guardrail, *, actor: Actor, comment: str = "") -> None:
    """For good, with what it counted."""
    require(actor, "guardrail.delete", guardrail)
    check(None, comment)
    with transaction.atomic():
        guardrail = locked(guardrail)
        guardrail_id, facts = guardrail.pk, facts_of(guardrail)
        remove(guardrail, actor=actor, comment=comment)
        guardrail.pk = guardrail_id  # Django forgets it with the row
        tell(actor, "guardrail.deleted", guardrail, facts, None, comment)


def facts_of(guardrail: Guardrail) -> dict[str, Any]:
    """For the audit log, which more people read than may know a whole address."""
    facts = {name: getattr(guardrail, name) for name in TOLD}
    return facts | {"flag": guardrail.flag.key, "url": urlsplit(guardrail.url).netloc}


def state_of(guardrail: Guardrail) -> dict[str, Any]:
    """The same of how it stands."""
    breached = guardrail.breached_at and guardrail.breached_at.isoformat()
    return {"name": guardrail.name, "flag": guardrail.flag.key, "state": guardrail.state, "breached_at": breached}


def tell(actor: Actor, verb: str, guardrail: Guardrail, before: Any, after: Any, comment: str) -> None:
    audit.record(actor, verb, guardrail, before, after, comment=comment)
    outbox.put(verb, guardrail.environment, {"guardrail": guardrail.pk})


def _check(
    guardrail: Guardrail,
    token: str | None,
    actor: Actor,
    comment: str,
    *,
    had: Collection[str] = (),
    connects: object = False,
) -> None:
    """What it is, and whether the actor may have it do so; `had` are its recipients until now."""
    check(guardrail, comment, faults=faults_of(guardrail, token, had))
    if verb := VERB_OF.get(guardrail.action):
        require(actor, verb, guardrail)
    if connects:
        require(actor, "guardrail.connect", guardrail)


def _begin_anew(guardrail: Guardrail, now: datetime) -> tuple[str, ...]:
    """Forget what was counted; returns the fields that are to be saved."""
    guardrail.points.all().delete()
    guardrail.armed_at, guardrail.state, guardrail.breached_at, guardrail.done = now, State.WATCHING, None, ""
    guardrail.evidence, guardrail.is_due, guardrail.looked_at, guardrail.fault = {}, False, None, ""
    return ANEW


def _make_room(guardrail: Guardrail) -> None:
    """The project is locked, so that two creations do not both fit."""
    there = Guardrail.objects.filter(flag=guardrail.flag, environment=guardrail.environment)
    if there.count() >= MOST_GUARDRAILS:
        raise TooMany(
            f"{guardrail.flag} has {MOST_GUARDRAILS} guardrails in {guardrail.environment}, which is all that there may be."
        )


def _save(guardrail: Any, fields: list[str], actor: Actor, comment: str) -> None:
    guardrail._history_user, guardrail._change_reason = actor.user, comment or None  # simple-history reads these
    guardrail.save(update_fields=fields)
