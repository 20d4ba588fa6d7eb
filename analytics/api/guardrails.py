"""Guardrails: of a flag in one environment, and all of a project."""

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import guardrail_schema as schema
from analytics.guardrails import selectors, services
from analytics.guardrails.documents import guardrail_document
from analytics.models import Guardrail
from flags.api.configs import ConfigView
from flags.models import FlagConfig
from flags.selectors import untouched
from tenants.api.bodies import read_members
from tenants.api.doors import ProjectView, created
from tenants.api.problems import found, refuse
from tenants.problems import Fault, Invalid

# As the API calls them, and as the rows do.
MEMBERS: Mapping[str, type] = {
    "name": str,
    "source": str,
    "variant": str,
    "control": str,
    "metric": str,
    "budget": float,
    "alpha": float,
    "min_sample": int,
    "client_keys": bool,
    "prometheus": dict,
    "action": str,
    "dry_run": bool,
    "recipients": list,
}
OF_PROMETHEUS: Mapping[str, type] = {"url": str, "query": str, "above": bool, "samples": int, "token": str}
FIELDS = {"client_keys": "from_clients", "dry_run": "is_dry_run", "above": "is_above"}
# Members that may be null, which is none.
NULLABLE = ("variant", "control", "metric", "prometheus")
MOST = 2**31


def read_guardrail(body: Mapping[str, Any], *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields that a body names; raises Invalid."""
    given = {name: value for name, value in body.items() if not (name in NULLABLE and value is None)}
    emptied = {name: "" for name in ("variant", "control", "metric") if name in body and body[name] is None}
    read = emptied | _typed(given, MEMBERS, required)
    asked = _of_prometheus(read.pop("prometheus", {}))
    return {FIELDS.get(name, name): value for name, value in {**read, **asked}.items()}


def _of_prometheus(body: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return _typed(body, OF_PROMETHEUS)
    except Invalid as invalid:
        raise Invalid(Fault(f"prometheus.{each.path}", each.message) for each in invalid.faults) from None


def _typed(body: Mapping[str, Any], members: Mapping[str, type], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Numbers may be written with a point or without."""
    given = {name: _number(value) if members.get(name) is float else value for name, value in body.items()}
    read = read_members(given, members, required=required)
    if too_large := [name for name, value in read.items() if type(value) is int and abs(value) >= MOST]:
        raise Invalid(Fault(name, "is too large") for name in too_large)
    return read


def _number(value: object) -> object:
    """What is too large for a double is no number of ours either."""
    return float(value) if type(value) is int and abs(value) < MOST else value


@schema.project_guardrails
class ProjectGuardrails(ProjectView):
    """Those of a project, in the environments that one sees."""

    def get(self, request: Request, **names: str) -> Response:
        asked = self.listed("state", "environment", "flag")
        if asked.get("state", "watching") not in Guardrail.State.values:
            raise refuse("state", f"choose one of {', '.join(Guardrail.State.values)}")
        rows = selectors.guardrails_in(self.actor, self.project)
        filters = {"state": "state", "environment": "environment__key", "flag": "flag__key"}
        rows = rows.filter(**{path: asked[name] for name, path in filters.items() if name in asked})
        return self.page(rows, lambda page: [guardrail_document(row) for row in page], by="id")


class GuardrailsView(ConfigView):
    versioned = False

    @property
    def state(self) -> FlagConfig:
        return untouched(self.flag, self.environment)


@schema.guardrails
class Guardrails(GuardrailsView):
    """The guardrails of a flag in one environment."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        rows = selectors.guardrails_of(self.actor, self.flag, self.environment)
        return self.page(rows, lambda page: [guardrail_document(row) for row in page], by="id")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_guardrail(body, required=("name", "source", "budget"))
        guardrail = services.create_guardrail(self.flag, self.environment, given, actor=self.actor, comment=comment)
        project = self.environment.project
        place = (project.organization.slug, project.key, self.flag.key, self.environment.key)
        address = reverse("analytics_api:guardrail", args=[*place, guardrail.id])
        return created(guardrail_document(guardrail), address)


class GuardrailView(GuardrailsView):
    guardrail: Guardrail

    def find(self, **names: str) -> None:
        super().find(**names)
        rows = selectors.guardrails_of(self.actor, self.flag, self.environment)
        self.guardrail = found(rows.filter(pk=names["guardrail"]).first())

    def settled(self, act: Callable[..., Guardrail]) -> Response:
        comment = self.read_comment_alone()
        return Response(guardrail_document(act(self.guardrail, actor=self.actor, comment=comment)))


@schema.guardrail
class OneGuardrail(GuardrailView):
    """One guardrail, with what the last look saw."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(guardrail_document(self.guardrail))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_guardrail(body)
        guardrail = services.edit_guardrail(self.guardrail, given, actor=self.actor, comment=comment)
        return Response(guardrail_document(guardrail))

    def delete(self, request: Request, **names: str) -> Response:
        services.delete_guardrail(self.guardrail, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)


@schema.arm_guardrail
class Arm(GuardrailView):
    """Have it watch from now on, with nothing counted."""

    def post(self, request: Request, **names: str) -> Response:
        return self.settled(services.arm_guardrail)


@schema.dismiss_guardrail
class Dismiss(GuardrailView):
    """Have it watch no more."""

    def post(self, request: Request, **names: str) -> Response:
        return self.settled(services.dismiss_guardrail)
