"""Back to an earlier version: what it would change is shown, then it is saved as a new one."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from flags import documents, services
from flags.dashboard.actions import flag_page, place_of
from flags.dashboard.segments import segment_page
from flags.models import Flag, Segment
from tenants.dashboard.doors import PageRequest, environment_page, project_page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.differences import differences
from tenants.models import Environment, Project
from tenants.past import entries_of, find_version
from tenants.permissions import require

PROJECT_FIELDS = ("name", "max_prerequisite_depth", "stale_after")
ENVIRONMENT_FIELDS = ("name", "color", "is_protected")
# What a version has of its own, and rolling back does not bring back.
OWN = ("version", "archived_at")


class RollBack(PageForm):
    """`version` is the one that was there when the question was asked; what has none leaves it out."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    comment = comment_field()


@flag_page
def flag(request: PageRequest, flag: Flag) -> HttpResponse:
    require(request.actor, "flag.roll_back", flag)
    back = reverse("flags:settings", args=[*place_of(flag), flag.key])
    return _asked(request, flag, services.roll_back_flag, _flag_document, back)


@segment_page
def segment(request: PageRequest, segment: Segment) -> HttpResponse:
    require(request.actor, "segment.edit", segment)
    back = reverse("flags:segment", args=[*place_of(segment), segment.key])
    return _asked(request, segment, services.roll_back_segment, documents.segment_document, back)


@project_page
def project(request: PageRequest, project: Project) -> HttpResponse:
    require(request.actor, "project.edit", project)
    back = reverse("flags:project_versions", args=[project.organization.slug, project.key])
    return _asked(request, project, services.roll_back_project, _fields_of(PROJECT_FIELDS), back)


@environment_page
def environment(request: PageRequest, environment: Environment) -> HttpResponse:
    require(request.actor, "environment.edit", environment)
    back = reverse("flags:environment_versions", args=[*place_of(environment), environment.key])
    return _asked(request, environment, services.roll_back_environment, _fields_of(ENVIRONMENT_FIELDS), back)


@project_page
def project_versions(request: PageRequest, project: Project) -> HttpResponse:
    settings = reverse("tenants:project", args=[project.organization.slug, project.key])
    return _listed(request, project, "project.edit", "flags:roll_back_project", (), settings)


@environment_page
def environment_versions(request: PageRequest, environment: Environment) -> HttpResponse:
    settings = reverse("tenants:environment", args=[*place_of(environment), environment.key])
    return _listed(
        request, environment, "environment.edit", "flags:roll_back_environment", (environment.key,), settings
    )


def _listed(
    request: PageRequest, thing: Any, verb: str, door: str, names: tuple[str, ...], settings: str
) -> HttpResponse:
    place = (thing.organization.slug, request.shell.project.key)  # type: ignore[union-attr]  # both pages lie in one
    context = {
        "thing": thing,
        "entries": entries_of(thing),
        "settings": settings,
        "roll_back": reverse(door, args=[*place, *names]) if verb in request.shell.may_on(thing) else "",
    }
    return show(request, "flags/versions.html", context)


def _asked(
    request: PageRequest,
    thing: Any,
    change: Callable[..., services.Saved[Any]],
    document: Callable[[Any], dict[str, Any]],
    back: str,
) -> HttpResponse:
    """The page that shows what would change, and the change itself."""
    to_version = _read(request.GET.get("to_version", ""))
    then: Model = seen(find_version(thing, to_version))
    form = RollBack(typed(request), initial={"version": getattr(thing, "version", None)})

    def roll_back(version: int | None, comment: str) -> services.Saved[Any]:
        how: dict[str, Any] = {"version": version} if hasattr(thing, "version") else {}
        return change(thing, to_version=to_version, actor=request.actor, comment=comment, **how)

    if form.carried_out(request, roll_back):
        done = f"{thing} is as it was in version {to_version}."
        messages.success(request, done if form.outcome.changed else "Nothing was different.")
        return redirect(back)
    context = {
        "form": form,
        "thing": thing,
        "to_version": to_version,
        "changes": differences(document(thing), document(then)),
        "back": back,
    }
    return show(request, "flags/roll_back.html", context, status=form.status)


def _read(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _flag_document(flag: Flag) -> dict[str, Any]:
    shown = documents.flag_document(flag)
    return {name: value for name, value in shown.items() if name not in OWN}


def _fields_of(names: tuple[str, ...]) -> Callable[[Any], dict[str, Any]]:
    return lambda thing: {name: getattr(thing, name) for name in names}
