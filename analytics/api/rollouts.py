"""Progressive rollouts by the management API: planned, watched and steered."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import rollout_schema as schema
from analytics.models import Rollout
from analytics.rollouts import selectors, services
from analytics.rollouts.documents import brief_document, rollout_document
from analytics.rollouts.steps import AN_HOUR, Step, preset_steps, read_steps
from flags.api.configs import ConfigView
from tenants.api.bodies import read_members, read_moment
from tenants.api.doors import ProjectView, created
from tenants.api.problems import found, refuse

# A `wait_seconds` of null besides: by hand.
MEMBERS: dict[str, type] = {
    "variant": str,
    "rule": str,
    "name": str,
    "preset": str,
    "steps": list,
    "wait_seconds": int,
    "minimum_sample": int,
    "starts_at": str,
}


@schema.project_rollouts
class ProjectRollouts(ProjectView):
    """Those of all flags of a project, the newest first."""

    def get(self, request: Request, **names: str) -> Response:
        asked = self.listed("status")
        statuses = asked["status"].split(",") if "status" in asked else Rollout.Status.values
        if strange := set(statuses) - set(Rollout.Status.values):
            raise refuse("status", f"{', '.join(sorted(strange))}: choose of {', '.join(Rollout.Status.values)}")
        rows = selectors.rollouts_of(self.project, self.actor).filter(status__in=statuses)
        return self.page(rows, lambda page: [brief_document(rollout) for rollout in page], by="-id")


class RolloutsView(ConfigView):
    versioned = False


@schema.rollouts
class Rollouts(RolloutsView):
    """Those of a flag in one environment, the newest first."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        rows = selectors.rollouts_of(self.environment.project, self.actor)
        rows = rows.filter(flag=self.flag, environment=self.environment)
        return self.page(rows, lambda page: [brief_document(rollout) for rollout in page], by="-id")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        by_hand = {"wait_seconds": body.pop("wait_seconds")} if body.get("wait_seconds", 0) is None else {}
        given = read_members(body, MEMBERS, required=["variant"]) | by_hand
        rollout = services.create(
            self.flag,
            self.environment,
            variant=given["variant"],
            steps=steps_given(given),
            preset=given.get("preset", Rollout.Preset.OWN),
            rule_id=given.get("rule"),
            name=given.get("name", ""),
            starts_at=read_moment("starts_at", given["starts_at"]) if "starts_at" in given else None,
            actor=self.actor,
            comment=comment,
        )
        project = self.environment.project
        place = (project.organization.slug, project.key, self.flag.key, self.environment.key)
        address = reverse("analytics_api:rollout", args=[*place, rollout.id])
        return created(rollout_document(rollout, now=timezone.now()), address)


def steps_given(given: dict[str, Any]) -> list[Step]:
    """Those of a preset, all with the same wait and sample, or steps of one's own."""
    if "preset" not in given or given["preset"] == Rollout.Preset.OWN:
        for name in ("wait_seconds", "minimum_sample"):
            if name in given:
                raise refuse(name, "each of your own steps says this for itself")
        return read_steps(given.get("steps"))
    if "steps" in given:
        raise refuse("steps", "a preset has its own: leave one of both out")
    wait = given.get("wait_seconds", AN_HOUR)
    return preset_steps(given["preset"], wait_seconds=wait, minimum_sample=given.get("minimum_sample", 0))


class RolloutView(RolloutsView):
    rollout: Rollout

    def find(self, **names: str) -> None:
        super().find(**names)
        rows = selectors.rollouts_of(self.environment.project, self.actor)
        self.rollout = found(rows.filter(flag=self.flag, environment=self.environment, pk=names["rollout"]).first())


@schema.rollout
class OneRollout(RolloutView):
    """One rollout, with what it waits for."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(rollout_document(self.rollout, now=timezone.now()))


class Steering(RolloutView):
    steer: Callable[..., Any]

    def post(self, request: Request, **names: str) -> Response:
        type(self).steer(self.rollout, actor=self.actor, **self.given())
        fresh = selectors.rollouts_of(self.environment.project, self.actor).get(pk=self.rollout.pk)
        return Response(rollout_document(fresh, now=timezone.now()))

    def given(self) -> dict[str, Any]:
        return {"comment": self.read_comment_alone()}


@schema.start
class Start(Steering):
    """Take the first step."""

    steer = services.start


@schema.pause
class Pause(Steering):
    """Stay at what is served now."""

    steer = services.pause


@schema.resume
class Resume(Steering):
    """Go on from what is served now."""

    steer = services.resume


@schema.next_step
class Next(Steering):
    """The time of the step is over: the next comes as soon as the sample is met and everybody has this one."""

    steer = services.next_step

    def given(self) -> dict[str, Any]:
        body, comment = self.read()
        return read_members(body, {"step": int}) | {"comment": comment}


@schema.stop
class Stop(Steering):
    """End it; what is served now stays."""

    steer = services.stop


@schema.roll_back
class RollBack(Steering):
    """End it, and serve what was served before."""

    steer = services.roll_back
