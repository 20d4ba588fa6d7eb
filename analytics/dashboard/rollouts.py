"""The pages of progressive rollouts: a project's list, one with its steps, and the line on the page of a flag."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from analytics.models import Rollout
from analytics.rollouts.documents import paused_by
from analytics.rollouts.hearing import hearers_of
from analytics.rollouts.selectors import rollouts_of
from analytics.rollouts.steps import steps_of
from analytics.rollouts.waiting import hurdles_of, newest_step, sample_of, time_over
from flags.dashboard.triggers import state_page
from flags.models import Flag
from flags.selectors import untouched
from tenants.dashboard.doors import PageRequest, View, project_page, seen, show
from tenants.models import Environment, Project
from tenants.permissions import allowed

# Those that are over; the API has all that are kept.
MOST_ENDED = 50
Status = Rollout.Status
BADGES: dict[str, str] = {
    Status.PLANNED: "badge-line",
    Status.RUNNING: "badge-info",
    Status.PAUSED: "badge-warning",
    Status.FINISHED: "badge-on",
    Status.STOPPED: "",
    Status.ROLLED_BACK: "badge-killed",
}
# What may be done in which state: the verb of the role, where it leads, and the word on the button.
BUTTONS = {
    "start": ((Status.PLANNED,), "rollout.start", "Start now"),
    "next": ((Status.RUNNING,), "rollout.next", "Next step"),
    "pause": ((Status.RUNNING,), "rollout.pause", "Pause"),
    "resume": ((Status.PAUSED,), "rollout.resume", "Resume"),
    "stop": (Rollout.LIVE, "rollout.stop", "Stop, keep what is served…"),
    "roll_back": ((Status.RUNNING, Status.PAUSED), "rollout.roll_back", "Roll back…"),
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as its row shows it. `at` is when it was taken last; None: not yet."""

    number: int
    percent: float
    waits: str
    minimum_sample: int
    at: datetime | None
    version: int | None
    is_newest: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A rollout as lists show it."""

    rollout: Rollout

    @property
    def badge(self) -> str:
        return BADGES[self.rollout.status]

    @property
    def percent(self) -> float:
        is_given = self.rollout.position and self.rollout.status != Status.ROLLED_BACK
        return newest_step(self.rollout).percent if is_given else 0

    @property
    def last(self) -> int:
        return len(self.rollout.steps)

    @property
    def until(self) -> datetime | None:
        return time_over(self.rollout) if self.rollout.status == Status.RUNNING else None

    @property
    def paused_by(self) -> str | None:
        return paused_by(self.rollout)

    def course(self, now: datetime) -> list[tuple[datetime, float]]:
        """From when on how many per cent got it, up to now or to its end; nothing before the first step."""
        taken = sorted((step.at, step.percent) for step in self.steps() if step.at)
        return [*taken, (self.rollout.ended_at or now, self.percent)] if taken else []

    def steps(self) -> Iterator[StepRow]:
        marks = {mark["number"]: mark for mark in self.rollout.taken}
        for number, step in enumerate(steps_of(self.rollout), start=1):
            mark = marks.get(number, {}) if number <= self.rollout.position else {}
            at, is_newest = parse_datetime(mark.get("at", "")), number == self.rollout.position
            waits = "until somebody says “next”" if step.wait_seconds is None else duration(step.wait_seconds)
            yield StepRow(number, step.percent, waits, step.minimum_sample, at, mark.get("version"), is_newest)


def duration(seconds: int) -> str:
    """`90 min`, `2 h`, `3 days`: in the largest unit that keeps it whole."""
    for name, length in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if seconds and seconds % length == 0:
            count = seconds // length
            return f"{count} {name}{'s' if name == 'day' and count > 1 else ''}"
    return f"{seconds} s" if seconds else "–"


def rollout_page(view: Callable[..., HttpResponse]) -> View:
    """`view(request, rollout, …)`, where the actor sees it."""

    @project_page
    @wraps(view)
    def door(request: PageRequest, project: Project, rollout: str, **names: Any) -> HttpResponse:
        return view(request, seen(rollouts_of(project, request.actor).filter(pk=rollout).first()), **names)

    return door


@project_page
@require_safe
def rollout_list(request: PageRequest, project: Project) -> HttpResponse:
    rows = rollouts_of(project, request.actor)
    live = [Shown(rollout) for rollout in rows.filter(status__in=Rollout.LIVE)]
    ended = [Shown(rollout) for rollout in rows.exclude(status__in=Rollout.LIVE)[:MOST_ENDED]]
    return show(request, "analytics/rollouts.html", {"live": live, "ended": ended})


@rollout_page
@require_safe
def rollout(request: PageRequest, rollout: Rollout) -> HttpResponse:
    now, is_running = timezone.now(), rollout.status == Status.RUNNING
    hurdles = list(hurdles_of(rollout, now=now)) if is_running else []
    context = {
        "shown": Shown(rollout),
        "course": Shown(rollout).course(now),
        "rollout": rollout,
        "hurdles": hurdles,
        "lacks_sample": any(hurdle.kind == "sample" for hurdle in hurdles),
        "evidence": json.dumps(rollout.evidence, indent=2, ensure_ascii=False) if rollout.evidence else "",
        "is_last": rollout.position == len(rollout.steps),
        "sample": sample_of(rollout, now=now) if is_running else 0,
        "buttons": buttons_of(request, rollout),
        "hearers": hearers_of(rollout, request.actor, now=now) if rollout.is_live else [],
        "may_see_hearers": allowed(request.actor, "alert.view", rollout),
    }
    return show(request, "analytics/rollout.html", context)


def buttons_of(request: PageRequest, rollout: Rollout) -> dict[str, str]:
    """What one may do with it now: name → word."""
    return {
        name: word
        for name, (statuses, verb, word) in BUTTONS.items()
        if rollout.status in statuses and allowed(request.actor, verb, rollout)
    }


@state_page
@require_safe
def line(request: PageRequest, flag: Flag, environment: Environment) -> HttpResponse:
    """What the page of a flag says of its rollouts: those that go on, or where to make one."""
    rows = rollouts_of(environment.project, request.actor).filter(flag=flag, environment=environment)
    may_create = flag.archived_at is None and allowed(request.actor, "rollout.create", untouched(flag, environment))
    context = {
        "flag": flag,
        "environment": environment,
        "live": [Shown(rollout) for rollout in rows.filter(status__in=Rollout.LIVE)],
        "may_create": may_create,
    }
    return show(request, "analytics/_rollout_line.html", context)
