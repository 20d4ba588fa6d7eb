"""Which applications use this installation, for whoever runs it."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.dashboard.connected import all_applications
from tenants.dashboard.doors import PageRequest, page, show


@page
def applications(request: PageRequest) -> HttpResponse:
    """A page, and for HTMX the part of system status. Nobody else learns that it is there, whatever method they try."""
    if not request.actor.may_everything:
        raise Http404
    return _applications(request)


@require_safe
def _applications(request: PageRequest) -> HttpResponse:
    template = "analytics/_applications.html" if request.htmx else "analytics/applications.html"
    return show(request, template, {"applications": all_applications(timezone.now())})
