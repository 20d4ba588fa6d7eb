"""`/demo/`: the seeded shop as one visitor sees it. Its values come from the stream that any browser may open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from flags.dashboard.visitors import VISITORS
from flags.demo import ORGANIZATION, PROJECT
from tenants import realm
from tenants.models import ApiKey, AuditEvent, Environment, Project

DEFAULT_ENVIRONMENT = "production"


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Choice = TypeVar("Choice", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Place:
    """An environment of the demo, with its client key: public by nature, so a page may carry it."""

    key: str
    name: str
    color: str
    is_protected: bool
    client_key: str


@never_cache
@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """Open to everybody: it shows the project that the seed made, and what its client keys may see."""
    places = demo_places()
    context = {
        "places": places,
        "visitors": VISITORS,
        "place": chosen(places, request.GET.get("environment", DEFAULT_ENVIRONMENT)),
        "visitor": chosen(VISITORS, request.GET.get("visitor", "")),
        "path": f"{ORGANIZATION}/{PROJECT}",
    }
    return render(request, "flags/demo.html", context)


def chosen(choices: Sequence[Choice], key: str) -> Choice | None:
    """The one that the address asks for, else the first; None where there are none."""
    return next((choice for choice in choices if choice.key == key), choices[0] if choices else None)


@realm.everything()
def demo_places() -> list[Place]:
    """The demo's environments in their order; those without a usable client key are left out."""
    project = find_demo_project()
    if project is None:
        return []
    keys = _client_keys(project)
    return [
        Place(found.key, found.name, found.color, found.is_protected, keys[found.pk])
        for found in Environment.objects.filter(project=project)
        if found.pk in keys
    ]


def _client_keys(project: Project) -> dict[str, str]:
    """By environment, the oldest one that works from any origin."""
    kept = ApiKey.objects.usable().filter(project=project, kind=ApiKey.Kind.CLIENT, origins=[]).exclude(readable="")
    return {key.environment_id: key.readable for key in kept.order_by("-created_at", "-id")}


def find_demo_project() -> Project | None:
    """The project that the seed made; None for one of the same name that somebody made themselves."""
    found: Project | None = Project.objects.filter(organization__slug=ORGANIZATION, key=PROJECT).first()
    return found if found is not None and _was_seeded(found) else None


def _was_seeded(project: Project) -> bool:
    """Whether the seed made its first flag. Asked of the audit log, which nobody can rewrite, along its chain's index."""
    created = AuditEvent.objects.filter(chain=project.organization_id, project_id=project.pk, verb="flag.created")
    first: AuditEvent | None = created.order_by("position").first()
    return first is not None and (first.actor_kind, first.actor_name) == ("system", "demo")
