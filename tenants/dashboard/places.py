"""Organizations, their projects, and the environments of these."""

from django.http import HttpResponse

from tenants.dashboard.doors import PageRequest, organization_page, page, project_page, show
from tenants.models import Organization, Project


@page
def new_organization(request: PageRequest) -> HttpResponse:
    return show(request, "tenants/new_organization.html")


@organization_page
def organization(request: PageRequest, organization: Organization) -> HttpResponse:
    return show(request, "tenants/organization.html")


@organization_page
def members(request: PageRequest, organization: Organization) -> HttpResponse:
    return show(request, "tenants/organization.html")


@project_page
def environments(request: PageRequest, project: Project) -> HttpResponse:
    return show(request, "tenants/organization.html")


@project_page
def api_keys(request: PageRequest, project: Project) -> HttpResponse:
    return show(request, "tenants/organization.html")


@project_page
def audit(request: PageRequest, project: Project) -> HttpResponse:
    return show(request, "tenants/organization.html")
