"""What people do with rollouts, and guardrails: permission → lock → change → audit → outbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from analytics.models import Rollout
from analytics.rollouts import moving, running, served
from analytics.rollouts.steps import Step, documents_of, steps_of
from flags import services as flag_services
from flags.models import Flag
from flags.selectors import state_of, untouched
from flags.services import Saved
from tenants.actors import Actor
from tenants.changes import check, insert, locked, tidy
from tenants.models import Environment
from tenants.permissions import require
from tenants.problems import Conflict, Fault, TooMany

# Of one project at a time; and kept of those that are over, of a flag in an environment.
MOST_LIVE, MOST_ENDED = 200, 20

Status = Rollout.Status


def create(
    flag: Flag,
    environment: Environment,
    *,
    variant: str,
    steps: Sequence[Step],
    preset: str = Rollout.Preset.OWN,
    rule_id: str | None = None,
    name: str = "",
    starts_at: datetime | None = None,
    actor: Actor,
    comment: str = "",
) -> Rollout:
    """Plan a rollout of a variant in the place of the one that a rule (None: the fallthrough) serves now.

    It starts by itself at `starts_at`, else when somebody starts it. Whoever plans one must be able to do by themselves what
    it will do. Raises Conflict where the rule serves not exactly one other variant, or has a rollout that goes on.
    """
    require(actor, "rollout.create", untouched(flag, environment))
    require(actor, "flag.configure", untouched(flag, environment))
    with transaction.atomic():
        locked(flag.project)
        flag, environment = locked(flag), locked(environment)
        rollout = Rollout(
            organization_id=flag.organization_id,
            flag=flag,
            environment=environment,
            name=tidy(name) or f"{variant} of {flag.key}"[:100],
            preset=preset,
            rule_id=rule_id or "",
            variant=variant,
            steps=documents_of(steps),
            starts_at=starts_at,
            due_at=starts_at,
            created_by=actor.user,
        )
        _check(rollout, comment)
        rollout.baseline = served.baseline_of(state_of(flag, environment), rollout.rule_id, variant)
        _make_room(rollout)
        insert(rollout, actor=actor, comment=comment, taken=_TAKEN)
        moving.told(rollout, actor, "rollout.created", comment=comment)
    return rollout


_TAKEN = "This rule has a rollout already that goes on. Stop that one first."


def start(rollout: Rollout, *, actor: Actor, comment: str = "") -> Rollout:
    """Take the first step now."""
    _require(actor, "rollout.start", rollout)
    check(None, comment)
    with transaction.atomic():
        rollout = _held(rollout, Status.PLANNED)
        moving.begin(rollout, actor=actor, now=timezone.now(), comment=comment)
    return rollout


def pause(rollout: Rollout, *, actor: Actor, comment: str = "", evidence: Any = None) -> Saved[Rollout]:
    """Stay at what is served now until somebody resumes it; `evidence` (JSON) is why, where a program says so.

    One that is planned for a time does not start then. Nothing happens to one that is paused already; Conflict for one that
    neither runs nor will start by itself.
    """
    require(actor, "rollout.pause", rollout)
    check(None, comment)
    with transaction.atomic():
        planned = [Status.PLANNED] if locked(rollout).starts_at is not None else []
        rollout = _held(rollout, Status.RUNNING, Status.PAUSED, *planned)
        if rollout.status == Status.PAUSED:
            return Saved(rollout, changed=False)
        moving.pause(rollout, actor=actor, now=timezone.now(), reason=comment, evidence=evidence)
    return Saved(rollout)


def resume(rollout: Rollout, *, actor: Actor, comment: str = "") -> Rollout:
    """Go on from what is served now; the time and the sample of the step begin anew.

    Where people changed the split meanwhile, it goes on from their share: with the first step above it. Conflict where the
    split is not between the two variants any more, or the flag is off or archived. One that never began does so now, or at
    its time where that is still to come.
    """
    _require(actor, "rollout.resume", rollout)
    check(None, comment)
    with transaction.atomic():
        rollout, now = _held(rollout, Status.PAUSED), timezone.now()
        before = moving.facts_of(rollout)
        rollout.reason, rollout.evidence = "", None
        moving.forget_failures(rollout)
        if rollout.started_at is None and (rollout.starts_at is None or rollout.starts_at <= now):
            moving.begin(rollout, actor=actor, now=now, comment=comment)
            return rollout
        if rollout.started_at is None:
            rollout.status, rollout.due_at = Status.PLANNED, rollout.starts_at
        else:
            _take_up(rollout, now)
            rollout.status = Status.RUNNING
        rollout.save()
        moving.told(rollout, actor, "rollout.resumed", before, comment=comment)
    return rollout


def _take_up(rollout: Rollout, now: datetime) -> None:
    flag, config = moving.now_there(rollout)
    if why := served.hindrance_of(flag, config):
        raise Conflict(f"{why}: there is nobody to roll out to.")
    serve = served.serve_of(config, rollout.rule_id)
    shares = served.shares_of(serve) if serve else {}
    if not serve or not shares.keys() <= {rollout.variant, rollout.baseline}:
        raise Conflict(f"What is served there is not {rollout.baseline} or {rollout.variant} any more.")
    share = shares.get(rollout.variant, 0)
    rollout.position = sum(step.percent <= share for step in steps_of(rollout))
    rollout.salt = served.salt_of(flag, serve)
    moving.remember(rollout, flag, config)
    moving.wait_anew(rollout, now=now)


def next_step(rollout: Rollout, *, step: int | None = None, actor: Actor, comment: str = "") -> Saved[Rollout]:
    """The time of the newest step is over: go on as soon as its sample is met and everybody has it, which may be now.

    `step` is the number of the step that is meant, as the caller saw it: asked twice, only that one is left. Conflict where
    another is the newest by now; None takes whichever it is. `changed` says whether it went on at once.
    """
    _require(actor, "rollout.next", rollout)
    check(None, comment)
    with transaction.atomic():
        rollout, now = _held(rollout, Status.RUNNING), timezone.now()
        if step not in (None, rollout.position):
            raise Conflict(
                f"{rollout} is already at step {rollout.position}, and step {step} was meant. Look at it again."
            )
        was_hurried, rollout.is_hurried = rollout.is_hurried, True
        is_changed = running.look(rollout, now=now, by=actor, comment=comment)
        if not is_changed and not was_hurried:
            moving.told(rollout, actor, "rollout.next_asked", comment=comment)
    return Saved(rollout, changed=is_changed)


def stop(rollout: Rollout, *, actor: Actor, comment: str = "") -> Rollout:
    """End it; what is served now stays."""
    require(actor, "rollout.stop", rollout)
    check(None, comment)
    with transaction.atomic():
        rollout = _held(rollout, *Rollout.LIVE)
        moving.end(rollout, Status.STOPPED, actor=actor, now=timezone.now(), comment=comment)
    return rollout


def roll_back(rollout: Rollout, *, actor: Actor, comment: str = "") -> Rollout:
    """End it, and have the rule serve what it served before, to the very same people, whatever it serves now."""
    _require(actor, "rollout.roll_back", rollout)
    check(None, comment)
    with transaction.atomic():
        rollout = _held(rollout, Status.RUNNING, Status.PAUSED)
        if rollout.served_before is None:
            raise Conflict(f"{rollout} has not begun, so there is nothing to roll back. Stop it.")
        moving.now_there(rollout)
        flag_services.put_back(
            rollout.flag,
            rollout.environment,
            rollout.served_before,
            rule_id=rollout.rule_id or None,
            actor=actor,
            comment=comment or f"rolled back: {rollout}",
        )
        moving.end(rollout, Status.ROLLED_BACK, actor=actor, now=timezone.now(), comment=comment)
    return rollout


def _require(actor: Actor, verb: str, rollout: Rollout) -> None:
    """What changes what is served takes the right to do so by hand besides."""
    require(actor, verb, rollout)
    require(actor, "flag.configure", rollout)


def _held(rollout: Rollout, *statuses: Rollout.Status) -> Rollout:
    """Locked, in one of these; Conflict in any other."""
    held = locked(rollout)
    if held.status not in statuses:
        raise Conflict(f"{held} is {held.get_status_display()}.")
    return held


def _check(rollout: Rollout, comment: str) -> None:
    faults = []
    if rollout.variant not in rollout.flag.variants:
        faults.append(Fault("variant", f"Choose one of {', '.join(rollout.flag.variants)}."))
    known = [rule["id"] for rule in state_of(rollout.flag, rollout.environment).rules]
    if rollout.rule_id and rollout.rule_id not in known:
        told = f"Choose one of {', '.join(known)}, or none: the fallthrough." if known else "There are no rules here."
        faults.append(Fault("rule", told))
    if rollout.flag.archived_at is not None:
        raise Conflict(f"{rollout.flag.key} is archived; unarchive it first.")
    check(rollout, comment, faults=faults)


def _make_room(rollout: Rollout) -> None:
    """The project is locked, so that two creations do not both fit."""
    flag, environment = rollout.flag, rollout.environment
    live = Rollout.objects.filter(environment__project=environment.project_id, status__in=Rollout.LIVE)
    if live.count() >= MOST_LIVE:
        raise TooMany(f"{environment.project} has {MOST_LIVE} rollouts that go on, which is all that there may be.")
    ended = Rollout.objects.filter(flag=flag, environment=environment).exclude(status__in=Rollout.LIVE)
    Rollout.objects.filter(pk__in=list(ended.order_by("-id").values_list("pk", flat=True)[MOST_ENDED - 1 :])).delete()
