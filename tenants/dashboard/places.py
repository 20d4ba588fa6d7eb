"""Pages to come."""

from django.http import HttpResponse

from tenants.dashboard.doors import PageRequest, organization_page, project_page, show
from tenants.models import Organization, Project


@organization_page
def members(request: PageRequest, organization: Organization) -> HttpResponse:
    return show(request, "tenants/organization.html")


@project_page
def api_keys(request: PageRequest, project: Project) -> HttpResponse:
    return show(request, "tenants/organization.html")


@project_page
def audit(request: PageRequest, project: Project) -> HttpResponse:
    return show(request, "tenants/organization.html")
