"""`/search/?q=…`: a page, and for the palette its list alone. `organization` and `project` say from where is asked."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from tenants import selectors
from tenants.dashboard.doors import PageRequest, page, seen, show
from tenants.dashboard.search.destinations import destinations
from tenants.dashboard.search.found import Found, Question, found_for
from tenants.dashboard.search.places import PLACES

# Of each kind, in the palette and on the page.
FEW, MORE = 6, 25
LONGEST = 100


@page
@require_safe
def search(request: PageRequest) -> HttpResponse:
    _enter(request)
    question = Question(
        request.actor,
        request.GET.get("q", "").strip()[:LONGEST],
        request.shell.organization,
        request.shell.project,
        FEW if request.htmx else MORE,
    )
    groups = found_for(question, destinations, *PLACES, _organizations_in(request))
    template = "tenants/_palette_list.html" if request.htmx else "tenants/search.html"
    count = sum(map(len, groups.values()))
    return show(request, template, {"question": question, "groups": groups, "count": count})


def _enter(request: PageRequest) -> None:
    """Looked at from there; where one was last stays what it was."""
    organization, project = request.GET.get("organization", ""), request.GET.get("project", "")
    if project:
        found: Any = seen(selectors.find_project(request.actor, organization, project))
        request.shell.project, request.shell.organization = found, found.organization
    elif organization:
        request.shell.organization = seen(selectors.find_organization(request.actor, organization))


def _organizations_in(request: PageRequest) -> Any:
    def organizations(question: Question) -> Iterator[Found]:
        """As many as the switcher offers, which has asked for them anyway."""
        for one in request.shell.organizations if question.words else ():
            if question.holds(one.name, one.slug):
                address = reverse("tenants:organization", args=[one.slug])
                yield Found("Organizations", one.name, address, "layers", one.slug)

    return organizations
