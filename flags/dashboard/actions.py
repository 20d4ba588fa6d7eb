"""What is done to a flag as a whole: archived, deleted, and brought back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from flags import selectors, services
from flags.models import Flag
from tenants.dashboard.deletions import deletion
from tenants.dashboard.doors import PageRequest, View, project_page, seen, show
from tenants.models import Project
from tenants.permissions import require


def flag_page(view: Callable[..., HttpResponse]) -> View:
    """`view(request, flag)`, where the actor sees the flag that the address names."""

    @project_page
    @wraps(view)
    def door(request: PageRequest, project: Project, flag: str) -> HttpResponse:
        return view(request, seen(selectors.find_flag(project, flag, request.actor)))

    return door


@flag_page
@require_POST
def archive(request: PageRequest, flag: Flag) -> HttpResponse:
    services.archive_flag(flag, actor=request.actor)
    messages.success(request, f"{flag.key} is archived: it is no longer evaluated. Its tab is Archived.")
    return redirect("flags:list", *place_of(flag))


@flag_page
@require_POST
def unarchive(request: PageRequest, flag: Flag) -> HttpResponse:
    services.unarchive_flag(flag, actor=request.actor)
    messages.success(request, f"{flag.key} is evaluated again, as it was.")
    return redirect("flags:list", *place_of(flag))


@flag_page
def delete(request: PageRequest, flag: Flag) -> HttpResponse:
    return deletion(
        request,
        flag,
        key=flag.key,
        verb="flag.delete",
        change=services.delete_flag,
        consequences=[
            "Every application that asks for it gets its own default at once, in every environment.",
            f"Its key stays taken: nobody can make another {flag.key} meanwhile.",
        ],
        back=("flags:settings", *place_of(flag), flag.key),
        after=("flags:list", *place_of(flag)),
    )


@project_page
@require_safe
def deleted(request: PageRequest, project: Project) -> HttpResponse:
    require(request.actor, "flag.delete", project)
    return show(request, "flags/deleted_flags.html", {"flags": selectors.deleted_flags(project)})


@project_page
@require_POST
def undelete(request: PageRequest, project: Project, flag: str) -> HttpResponse:
    found = seen(selectors.find_deleted(Flag, project, flag, request.actor))
    services.undelete_flag(found, actor=request.actor)
    messages.success(request, f"{found.key} is back, as it was.")
    return redirect("flags:list", *place_of(found))


def place_of(flag: Any) -> tuple[str, str]:
    return flag.organization.slug, flag.project.key
