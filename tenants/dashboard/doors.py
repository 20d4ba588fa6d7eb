"""What every page shares: who looks, at which place, and how a refusal reads."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tenants import selectors
from tenants.acting import acting
from tenants.actors import Actor
from tenants.dashboard.shell import Shell
from tenants.dashboard.signing_in import ask_to_sign_in, remember_person
from tenants.mfa_policy import closed_to
from tenants.models import Environment, Organization, Project
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid, TooMany
from tenants.refusals import REFUSALS, complaints_of

View = Callable[..., HttpResponse]
STATUS_OF = {NotAllowed: 403, Conflict: 409, Invalid: 422, TooMany: 403, ObjectDoesNotExist: 409}


class PageRequest(HttpRequest):
    """A request of somebody who is signed in."""

    actor: Actor
    shell: Shell
    htmx: Any


def page(view: View) -> View:
    """A page for whoever is signed in; others sign in first and come back with all that they typed.

    What a service refuses and the view did not catch becomes an answer of its own, and nothing was changed.
    """

    @never_cache
    @wraps(view)
    def door(request: PageRequest, *args: Any, **names: Any) -> HttpResponse:
        request.actor = acting(request)
        if request.actor.kind != "user":
            return ask_to_sign_in(request)
        request.shell = Shell(request, request.actor)
        return remember_person(request, _answer(view, request, *args, **names))

    return door


def _answer(view: View, request: PageRequest, *args: Any, **names: Any) -> HttpResponse:
    try:
        return view(request, *args, **names)
    except REFUSALS as refusal:
        return refused(request, refusal)
    except Http404:
        if closed := closed_to(request.user).get(names.get("organization", "")):
            return ask_for_second_factor(request, closed)
        if request.htmx:  # a whole page does not belong into a part of one
            return refused(request, Conflict("It is not there any more, or you may not see it."))
        raise


def ask_for_second_factor(request: PageRequest, organization: Organization) -> HttpResponse:
    """To where one is set up: without it, nothing of the organization is shown."""
    messages.warning(request, f"{organization} asks for a second factor. Set one up here, then go on.")
    address = reverse("mfa_index")
    return HttpResponse(status=204, headers={"HX-Redirect": address}) if request.htmx else redirect(address)


def organization_page(view: View) -> View:
    """`view(request, organization, …)`, where the actor sees the organization that the address names."""

    @page
    @wraps(view)
    def door(request: PageRequest, organization: str, **names: Any) -> HttpResponse:
        found = seen(selectors.find_organization(request.actor, organization))
        request.shell.enter(found)
        return view(request, found, **names)

    return door


def project_page(view: View) -> View:
    """`view(request, project, …)`, with its organization, where the actor sees it."""

    @page
    @wraps(view)
    def door(request: PageRequest, organization: str, project: str, **names: Any) -> HttpResponse:
        found: Project = seen(selectors.find_project(request.actor, organization, project))
        request.shell.enter(found.organization, found)
        return view(request, found, **names)

    return door


def environment_page(view: View) -> View:
    """`view(request, environment, …)`, with its project and organization, where the actor sees it."""

    @page
    @wraps(view)
    def door(request: PageRequest, organization: str, project: str, environment: str, **names: Any) -> HttpResponse:
        found: Environment = seen(selectors.find_environment(request.actor, organization, project, environment))
        request.shell.enter(found.organization, found.project)
        return view(request, found, **names)

    return door


def seen(thing: Any) -> Any:
    """The thing; Http404 for None: what is not there and what one may not see are the same to the outside."""
    if thing is None:
        raise Http404
    return thing


def show(
    request: PageRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A whole page, or a part of one (a template whose name begins with `_`), with the shell around it."""
    return render(request, template, {"shell": request.shell, **(context or {})}, status=status)


def refused(request: PageRequest, refusal: Exception) -> HttpResponse:
    """Why nothing was changed: a toast for HTMX, a page otherwise."""
    status = next(status for kind, status in STATUS_OF.items() if isinstance(refusal, kind))
    template = "tenants/_refused.html" if request.htmx else "tenants/refused.html"
    complaints = [complaint.message for complaint in complaints_of(refusal)]
    response = show(request, template, {"complaints": complaints, "status": status}, status=status)
    response["HX-Reswap"] = "none"
    return response
