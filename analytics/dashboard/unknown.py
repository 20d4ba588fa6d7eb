"""Keys that applications ask for and that are no flags: what they may mean, and what one does about them."""

import re

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from analytics.unknown import services
from analytics.unknown.reading import unknown_in
from flags.models.flags import KEY_PATTERN
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.models import Project


@project_page
@require_safe
def unknown_flags(request: PageRequest, project: Project) -> HttpResponse:
    hidden = request.GET.get("hidden") == "yes"
    found = unknown_in(project, request.shell.environments, now=timezone.now(), hidden=hidden)
    creatable = {each.key for each in found if not each.state and re.match(KEY_PATTERN, each.key)}
    return show(request, "analytics/unknown_flags.html", {"found": found, "hidden": hidden, "creatable": creatable})


@project_page
@require_POST
def hide(request: PageRequest, project: Project) -> HttpResponse:
    key = request.POST.get("key", "")
    if services.hide_key(project, key, actor=request.actor):
        messages.success(request, f"{key} is hidden.")
    return redirect("unknown:list", project.organization.slug, project.key)


@project_page
@require_POST
def show_again(request: PageRequest, project: Project) -> HttpResponse:
    key = request.POST.get("key", "")
    if services.show_key(project, key, actor=request.actor):
        messages.success(request, f"{key} is shown again.")
    return redirect("unknown:list", project.organization.slug, project.key)
