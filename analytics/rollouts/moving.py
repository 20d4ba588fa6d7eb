"""What happens to a rollout whose row is locked: begun, stepped, paused, ended.

Every change to the flag is made here, in the transaction that writes the rollout's own row. So a step is taken once whoever
takes it, and a process that is killed in the middle of one has taken none.
"""

from datetime import datetime, timedelta
from typing import Any

from analytics.models import Rollout
from analytics.rollouts import served
from analytics.rollouts.steps import steps_of, weights_of
from flags import services as flag_services
from flags.models import Flag, FlagConfig
from flags.selectors import state_of
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.problems import Conflict, VersionConflict

# Convergence takes seconds, and evaluations are told of every minute or so.
LOOK_AGAIN = timedelta(seconds=2)

Status = Rollout.Status


def itself(rollout: Rollout) -> Actor:
    """Who takes the steps."""
    return Actor.system(f"progressive rollout {rollout.name}")


def begin(rollout: Rollout, *, actor: Actor, now: datetime, comment: str = "") -> None:
    """Take the first step. Raises Conflict where nothing can be rolled out now, or too many have the variant already."""
    flag, config = now_there(rollout)
    if why := served.hindrance_of(flag, config):
        raise Conflict(f"{why}: there is nobody to roll out to.")
    if served.baseline_of(config, rollout.rule_id, rollout.variant) != rollout.baseline:
        raise Conflict(f"{rollout.baseline} is not what is served there any more. Make another rollout.")
    serve = served.serve_of(config, rollout.rule_id) or {}
    first, share = steps_of(rollout)[0], served.shares_of(serve).get(rollout.variant, 0)
    if first.percent < share:
        raise Conflict(f"{share:g} % get {rollout.variant} already, and the first step is {first.percent:g} %.")
    rollout.served_before, rollout.salt = serve, served.salt_of(flag, serve)
    rollout.status, rollout.started_at, rollout.starts_at = Status.RUNNING, now, None
    _take(rollout, config, now=now)
    told(rollout, actor, "rollout.started", comment=comment)
    _told_of_step(rollout, itself(rollout))


def take_step(rollout: Rollout, *, actor: Actor, now: datetime, comment: str = "") -> None:
    """The next one. Raises VersionConflict where the state is saved by somebody at this very moment."""
    flag, config = now_there(rollout)
    if why := served.disturbance_of(rollout, flag, config):
        raise VersionConflict(f"{why}.")
    _take(rollout, config, now=now)
    _told_of_step(rollout, actor, comment)


def now_there(rollout: Rollout) -> tuple[Flag, FlagConfig]:
    """The flag and its state as the database has them."""
    flag = Flag.with_deleted.select_related("project").get(pk=rollout.flag_id)
    rollout.flag = flag
    return flag, state_of(flag, rollout.environment)


def _take(rollout: Rollout, config: FlagConfig, *, now: datetime) -> None:
    steps = steps_of(rollout)
    step, number = steps[rollout.position], rollout.position + 1
    saved = flag_services.set_rollout(
        rollout.flag,
        rollout.environment,
        weights_of(step, rollout.variant, rollout.baseline),
        rule_id=rollout.rule_id or None,
        version=config.version,
        actor=itself(rollout),
        comment=f"step {number} of {len(steps)}: {step.percent:g} % get {rollout.variant}",
    )
    remember(rollout, rollout.flag, saved.thing)
    mark = {"number": number, "percent": step.percent, "version": saved.thing.version, "at": now.isoformat()}
    rollout.position, rollout.taken = number, [*rollout.taken, mark]
    wait_anew(rollout, now=now)
    forget_failures(rollout)
    rollout.save()


def remember(rollout: Rollout, flag: Flag, config: FlagConfig) -> None:
    """What is served now is what the rollout goes on from."""
    rollout.serves = served.serve_of(config, rollout.rule_id)
    seen(rollout, flag, config)


def seen(rollout: Rollout, flag: Flag, config: FlagConfig) -> None:
    rollout.config_version, rollout.flag_version = config.version, flag.version


def forget_failures(rollout: Rollout) -> None:
    rollout.failures, rollout.last_error, rollout.is_step_failing = 0, "", False


def wait_anew(rollout: Rollout, *, now: datetime) -> None:
    """The time and the sample of the newest step begin now."""
    newest = steps_of(rollout)[max(rollout.position, 1) - 1]
    rollout.since, rollout.is_hurried = now, False
    seconds = newest.wait_seconds
    rollout.due_at = None if seconds is None else now + max(timedelta(seconds=seconds), LOOK_AGAIN)


def pause(rollout: Rollout, *, actor: Actor, now: datetime, reason: str, evidence: Any = None) -> None:
    before = facts_of(rollout)
    rollout.status, rollout.due_at = Status.PAUSED, None
    rollout.reason, rollout.evidence = reason, evidence
    rollout.paused_at, rollout.paused_by = now, actor.user
    rollout.paused_by_name = "" if actor.user else actor.name[:200]
    rollout.save()
    told(rollout, actor, "rollout.paused", before, comment=reason, evidence=evidence)


def end(rollout: Rollout, status: Rollout.Status, *, actor: Actor, now: datetime, comment: str = "") -> None:
    before = facts_of(rollout)
    rollout.status, rollout.due_at, rollout.ended_at = status, None, now
    rollout.reason = comment
    rollout.save()
    told(rollout, actor, f"rollout.{status}", before, comment=comment)


def _told_of_step(rollout: Rollout, actor: Actor, comment: str = "") -> None:
    told(rollout, actor, "rollout.stepped", comment=comment, **rollout.taken[-1])


def told(rollout: Rollout, actor: Actor, verb: str, before: Any = None, *, comment: str = "", **further: Any) -> None:
    known = {name: value for name, value in further.items() if value is not None}
    audit.record(actor, verb, rollout, before, facts_of(rollout) | known, comment=comment)
    outbox.put(verb, rollout.environment, {"rollout": rollout.pk, "key": rollout.flag.key})


def facts_of(rollout: Rollout) -> dict[str, Any]:
    """What the audit log and webhooks tell of it."""
    return {
        "rollout": rollout.pk,
        "flag": rollout.flag.key,
        "rule": rollout.rule_id or None,
        "variant": rollout.variant,
        "baseline": rollout.baseline,
        "status": str(rollout.status),
        "step": rollout.position,
        "steps": [step.percent for step in steps_of(rollout)],
    }
