"""The page of one flag in one environment: read, edit, review. The draft lies in the form, never on the server."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from flags import selectors
from flags.dashboard.desk import Desk
from flags.dashboard.flag_actions import save
from flags.dashboard.flag_doors import LAST_ENVIRONMENT, button, desk_page, read_version, shown
from flags.dashboard.graph import graph_of
from flags.dashboard.history import history_of
from tenants.dashboard.doors import PageRequest, project_page, seen, show
from tenants.models import Project

PER_PAGE = 20


@project_page
@require_safe
def anywhere(request: PageRequest, project: Project, flag: str) -> HttpResponse:
    """To the flag in the environment where one was last, else the first that one sees."""
    found = seen(selectors.find_flag(project, flag, request.actor))
    keys = [environment.key for environment in request.shell.environments]
    last = request.session.get(LAST_ENVIRONMENT)
    environment = last if last in keys else seen(next(iter(keys), None))
    return redirect("flags:flag", project.organization.slug, project.key, found.key, environment)


@desk_page
def flag(request: PageRequest, desk: Desk) -> HttpResponse:
    """The page; a form that is sent here is saved."""
    return save(request, desk) if request.method == "POST" else shown(request, desk)


@button
def draft(request: PageRequest, desk: Desk) -> HttpResponse:
    """The page with the draft changed by one button; nothing is saved."""
    desk.do(request.POST.get("do", ""))
    return shown(request, desk)


@button
def review(request: PageRequest, desk: Desk) -> HttpResponse:
    """The part of the page that says what the draft would change."""
    return show(request, "flags/flag_page/_review.html", {"desk": desk})


@desk_page
@require_safe
def news(request: PageRequest, desk: Desk) -> HttpResponse:
    """That somebody saved since the version that the page shows; nothing when nobody did."""
    is_news = request.GET.get("since") != str(desk.config.version)
    return show(request, "flags/flag_page/_news.html", {"desk": desk, "is_news": is_news})


@desk_page
@require_safe
def graph(request: PageRequest, desk: Desk) -> HttpResponse:
    """The prerequisites around the flag as they are saved: a part of its page."""
    context = {"desk": desk, "graph": graph_of(desk.flag, desk.environment)}
    return show(request, "flags/flag_page/_graph.html", context)


@desk_page
@require_safe
def history(request: PageRequest, desk: Desk) -> HttpResponse:
    """All versions, newest first; `?before=` names the one where the last page ended."""
    found = history_of(desk.config, PER_PAGE, before=read_version(request.GET.get("before")))
    return show(request, "flags/flag_page/history.html", {"desk": desk, "history": found})
