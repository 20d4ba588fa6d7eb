"""Pages to come."""

from django.http import HttpResponse

from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.models import Project


@project_page
def audit(request: PageRequest, project: Project) -> HttpResponse:
    return show(request, "tenants/organization.html")
