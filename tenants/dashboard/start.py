"""`/`: to the project where one was last, else to wherever one belongs; strangers read what this is. And the theme."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from tenants import selectors
from tenants.dashboard.about import about
from tenants.dashboard.doors import PageRequest, ask_for_second_factor, page
from tenants.dashboard.shell import LAST_PROJECT, THEMES
from tenants.mfa_policy import closed_to

A_YEAR = 365 * 24 * 3600


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return _to_work(request) if request.user.is_authenticated else about(request)


@page
def _to_work(request: PageRequest) -> HttpResponse:
    last = selectors.find_project(request.actor, *request.session.get(LAST_PROJECT, ("", "")))
    project = last or selectors.projects_of(request.actor).first()
    if project is not None:
        return redirect("flags:list", project.organization.slug, project.key)
    organization = selectors.organizations_of(request.actor).first()
    if organization is not None:
        return redirect("tenants:organization", organization.slug)
    for closed in closed_to(request.user).values():
        return ask_for_second_factor(request, closed)
    return redirect("tenants:new_organization")


@require_POST
def theme(request: PageRequest) -> HttpResponse:
    """Kept in a cookie of this browser alone; anything but light or dark follows the system."""
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    response = redirect(back if is_ours else "/")
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=A_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
