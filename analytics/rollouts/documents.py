"""Rollouts as the management API answers them."""

from datetime import datetime
from typing import Any

from analytics.models import Rollout
from analytics.rollouts.waiting import hurdles_of, newest_step, sample_of
from tenants.api.documents import moment


def brief_document(rollout: Rollout) -> dict[str, Any]:
    """As it stands in a list: nothing that would have to be asked for each."""
    return {
        "id": rollout.id,
        "flag": rollout.flag.key,
        "environment": rollout.environment.key,
        "name": rollout.name,
        "preset": str(rollout.preset),
        "rule": rollout.rule_id or None,
        "variant": rollout.variant,
        "baseline": rollout.baseline,
        "status": str(rollout.status),
        "step": rollout.position,
        "percent": newest_step(rollout).percent if rollout.position else 0,
        "steps": rollout.steps,
        "reason": rollout.reason,
        "starts_at": moment(rollout.starts_at),
        "started_at": moment(rollout.started_at),
        "paused_at": moment(rollout.paused_at),
        "ended_at": moment(rollout.ended_at),
        "created_at": moment(rollout.created_at),
    }


def rollout_document(rollout: Rollout, *, now: datetime) -> dict[str, Any]:
    """With what it waits for at this moment."""
    is_running = rollout.status == Rollout.Status.RUNNING
    hurdles = list(hurdles_of(rollout, now=now)) if is_running else []
    return brief_document(rollout) | {
        "taken": rollout.taken,
        "waits_for": [{"kind": hurdle.kind, "says": hurdle.says} for hurdle in hurdles],
        "is_hurried": rollout.is_hurried,
        "sample": sample_of(rollout, now=now) if is_running else 0,
        "paused_by": paused_by(rollout),
        "evidence": rollout.evidence,
        "failures": rollout.failures,
        "last_error": rollout.last_error,
    }


def paused_by(rollout: Rollout) -> str | None:
    return (str(rollout.paused_by) if rollout.paused_by else rollout.paused_by_name) or None
