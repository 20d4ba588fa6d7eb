"""A new flag: off everywhere, whatever it is."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from flags import services
from flags.dashboard.flag_forms import NewFlag
from flags.models import Flag
from flags.models.flags import KEY_PATTERN, key_validator
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.dashboard.forms import typed
from tenants.models import Project
from tenants.permissions import require

FIRST = {"type": Flag.ValueType.BOOLEAN, "kind": Flag.Kind.RELEASE, "client_visible": True}


@project_page
def new_flag(request: PageRequest, project: Project) -> HttpResponse:
    require(request.actor, "flag.create", project)
    form = NewFlag(
        typed(request),
        project=project,
        actor=request.actor,
        initial=FIRST | _asked_for(request) | {"owner": request.actor.user and request.actor.user.email},
    )

    def create(**given: Any) -> Any:
        return services.create_flag(project, form.body(given), actor=request.actor, comment=given["comment"])

    if form.carried_out(request, create, at="key"):
        flag = form.outcome.thing
        messages.success(request, f"Made: {flag.key}. It is off in every environment.")
        for warning in form.outcome.warnings:
            messages.warning(request, warning)
        return redirect("flags:anywhere", project.organization.slug, project.key, flag.key)
    return show(request, "flags/new_flag.html", {"form": form}, status=form.status)


def _asked_for(request: PageRequest) -> dict[str, str]:
    """The key that a link brings along, as of an unknown flag."""
    key = request.GET.get("key", "")
    return {"key": key, "name": key} if re.match(KEY_PATTERN, key) else {}


@project_page
@require_safe
def key_verdict(request: PageRequest, project: Project) -> HttpResponse:
    """What a form says of a key while it is typed: whether it is free and can be a key at all."""
    require(request.actor, "flag.create", project)
    key = request.GET.get("key", "").strip()
    fault = ""
    if key and not re.match(KEY_PATTERN, key):
        fault = str(key_validator.message)
    elif key and Flag.with_deleted.filter(project=project, key__iexact=key).exists():
        fault = f"There is a flag {key} already, in use, archived or deleted."
    return show(request, "flags/_key_verdict.html", {"key": key, "fault": fault})
