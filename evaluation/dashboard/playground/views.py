"""`…/playground/`: a page that only reads. Its address holds everything, so that a link shows the same to a colleague."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from evaluation.dashboard.playground.changes import begun, changed, place_of, visitors_for
from evaluation.dashboard.playground.page import Ground, Page
from evaluation.dashboard.playground.setup import Setup
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.dashboard.forms import typed
from tenants.models import Project

# What HTMX swaps → the part that stands for it.
PARTS = {"trace": "evaluation/_opened.html", "played": "evaluation/_answer.html"}


@project_page
@require_http_methods(["GET", "HEAD", "POST"])
def playground(request: PageRequest, project: Project) -> HttpResponse:
    """The form is a GET. With a script it is sent by POST, since what people paste may be too long for an address."""
    query = typed(request) or request.GET
    ground = Ground(project, request.actor, request.shell.environments, visitors_for(project))
    setup, do = begun(Setup.of(query), ground.visitors), str(query.get("do", ""))
    part = PARTS.get(request.htmx.target or "")
    if do or (request.method == "POST" and part is None):
        setup = changed(setup, do, ground)
        return _moved(request, f"{request.path}?{setup.shared()}{place_of(do, setup)}")
    link = request.build_absolute_uri(f"{request.path}?{setup.shared()}")
    context = {"page": Page(ground, setup, timezone.now()), "link": link}
    response = show(request, part or "evaluation/playground.html", context)
    response["HX-Replace-Url"] = link
    return response


def _moved(request: PageRequest, address: str) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Redirect": address}) if request.htmx else redirect(address)
