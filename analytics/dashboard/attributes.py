"""The attributes that contexts of a project have, and how far their values may be known."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from analytics.attributes import selectors, services
from analytics.attributes.classes import classes_of
from evaluation.wire.observed import ALL_OTHERS, NEVER_TOLD, USUAL
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.models import Environment, Project

CLASS_WORDS = {
    "plain": "plain: values are known",
    "hashed": "hashed: values are counted",
    "never": "never: name and type",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """`environment` is the one that was asked for; None: all that one sees, added up."""

    project: Project
    environments: list[Environment]
    environment: Environment | None

    @property
    def attributes(self) -> list[selectors.Attribute]:
        wanted = self.environments if self.environment is None else [self.environment]
        return selectors.attributes_of(self.project, wanted)


@project_page
def attributes(request: PageRequest, project: Project) -> HttpResponse:
    """The list, of one environment by `?environment=`; the buttons of its forms class an attribute or forget it."""
    if request.method == "POST":
        return _done(request, project)
    environments = list(request.shell.environments)
    asked = request.GET.get("environment", "")
    here = next((each for each in environments if each.key == asked), None)
    classes = classes_of(project)
    context: dict[str, Any] = {
        "listing": Listing(project, environments, here),
        "classes": classes,
        "all_others": classes.get(ALL_OTHERS, USUAL),
        "class_words": CLASS_WORDS,
        "never_told": NEVER_TOLD,
        "now": timezone.now(),
    }
    return show(request, "analytics/attributes.html", context)


def _done(request: PageRequest, project: Project) -> HttpResponse:
    name, comment = request.POST.get("name", ""), request.POST.get("comment", "")
    if request.POST.get("do") == "forget":
        services.forget_attribute(project, name, actor=request.actor, comment=comment)
        messages.success(request, f"Forgotten: {name}. It comes back when a context has it again.")
    else:
        wanted = {name: request.POST.get("class") or None}
        services.classify_attributes(project, wanted, actor=request.actor, comment=comment)
        messages.success(request, f"Saved for {'all others' if name == ALL_OTHERS else name}.")
    return redirect(_address(project, request.GET.get("environment", "")))


def _address(project: Project, environment: str) -> str:
    address = reverse("telemetry:attributes", args=[project.organization.slug, project.key])
    return f"{address}?environment={environment}" if environment in _keys(project) else address


def _keys(project: Project) -> set[str]:
    return set(Environment.objects.filter(project=project).values_list("key", flat=True))
