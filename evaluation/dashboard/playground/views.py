"""`…/playground/`: a page that only reads. Its address holds everything, so that a link shows the same to a colleague."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluation.dashboard.playground.changes import begun, changed, place_of, visitors_for
from evaluation.dashboard.playground.page import Ground, Page
from evaluation.dashboard.playground.setup import Setup
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.models import Project

# What HTMX swaps → the part that stands for it.
PARTS = {"trace": "evaluation/_opened.html", "played": "evaluation/_answer.html"}


@project_page
@require_safe
def playground(request: PageRequest, project: Project) -> HttpResponse:
    ground = Ground(project, request.actor, request.shell.environments, visitors_for(project))
    setup = begun(Setup.of(request.GET), ground.visitors)
    if do := request.GET.get("do"):
        setup = changed(setup, str(do), ground)
        return redirect(f"{request.path}?{setup.shared()}{place_of(str(do), setup)}")
    template = PARTS.get(request.htmx.target or "", "evaluation/playground.html")
    link = request.build_absolute_uri(f"{request.path}?{setup.shared()}")
    response = show(request, template, {"page": Page(ground, setup, timezone.now()), "link": link})
    response["HX-Replace-Url"] = link
    return response
