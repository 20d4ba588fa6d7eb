"""What happens when a budget is broken: the flag is turned off, the audit log says why, and its people get a mail."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from analytics.guardrails import words
from analytics.guardrails.services import facts_of, tell
from analytics.models import Guardrail, Rollout
from analytics.rollouts import services as rollouts
from flags.services import kill_flag
from tenants import outgoing_mail
from tenants.actors import Actor
from tenants.letters import Letter, absolute
from tenants.models import User
from tenants.permissions import actors_of, allowed

Action, State = Guardrail.Action, Guardrail.State


def breach(guardrail: Guardrail, now: datetime) -> None:
    """In the transaction in which it is locked and was seen to watch, so exactly once. Its evidence is what showed it."""
    actor = Actor.system(f"guardrail {guardrail.name}")
    comment = f"{words.rule_of(guardrail)}: {words.evidence_of(guardrail)}"
    guardrail.done = _act(guardrail, actor, comment)
    guardrail.state, guardrail.breached_at, guardrail.is_due, guardrail.fault = State.BREACHED, now, False, ""
    _save(guardrail, comment)
    post_letters(guardrail)
    verb = "guardrail.would_breach" if guardrail.is_dry_run else "guardrail.breached"
    after = facts_of(guardrail) | {"evidence": guardrail.evidence, "done": guardrail.done}
    tell(actor, verb, guardrail, None, after, comment)


def _act(guardrail: Guardrail, actor: Actor, comment: str) -> str:
    """What became of it, as `words.DONE` has it."""
    if guardrail.action == Action.TELL:
        return "told"
    if guardrail.is_dry_run:
        return f"would_{guardrail.action}"
    if guardrail.action == Action.PAUSE:
        return _pause(guardrail, actor, comment)
    saved = kill_flag(guardrail.flag, guardrail.environment, actor=actor, comment=comment)
    return "killed" if saved.changed else "was_off"


def _pause(guardrail: Guardrail, actor: Actor, comment: str) -> str:
    """Those that run, and those that would start by themselves into the breach."""
    moves = Q(status=Rollout.Status.RUNNING) | Q(status=Rollout.Status.PLANNED, starts_at__isnull=False)
    going = Rollout.objects.filter(moves, flag=guardrail.flag, environment=guardrail.environment)
    paused = [rollouts.pause(each, actor=actor, comment=comment, evidence=guardrail.evidence) for each in going]
    return "paused" if any(each.changed for each in paused) else "no_rollout"


def _save(guardrail: Any, comment: str) -> None:
    guardrail._history_user, guardrail._change_reason = None, comment  # simple-history reads these
    guardrail.save(update_fields=["done", "state", "breached_at", "is_due", "looked_at", "evidence", "fault"])


def post_letters(guardrail: Guardrail) -> None:
    """To those of its recipients who are still members, and may see the flag there at this moment."""
    members = {"is_active": True, "memberships__organization": guardrail.organization_id}
    people = User.objects.filter(pk__in=guardrail.recipients, **members).order_by("email")
    for actor in actors_of(people).values():
        if actor.user is not None and allowed(actor, "guardrail.view", guardrail):
            outgoing_mail.post(letter_of(guardrail), actor.user, guardrail.organization)


def letter_of(guardrail: Guardrail) -> Letter:
    flag, environment = guardrail.flag, guardrail.environment
    project = environment.project
    place = [project.organization.slug, project.key, flag.key, environment.key, guardrail.pk]
    return Letter(
        f"{flag.key} in {environment.key}: {words.DONE[guardrail.done]}",
        f"The guardrail {guardrail.name} was breached.",
        facts=(
            ("Flag", f"{flag.key}, {words.DONE[guardrail.done]}"),
            ("Where", f"{project.organization} / {project} / {environment}"),
            ("Allowed", words.rule_of(guardrail)),
            ("Seen", words.evidence_of(guardrail)),
        ),
        action="Look at it",
        address=absolute(reverse("guardrails:guardrail", args=place)),
        foot="You get this because you are a recipient of this guardrail. It watches no more until somebody arms it again.",
    )
