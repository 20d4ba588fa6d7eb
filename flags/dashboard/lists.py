"""The flags of a project: found, switched and made."""

from django.http import HttpResponse

from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.models import Project


@project_page
def flag_list(request: PageRequest, project: Project) -> HttpResponse:
    return show(request, "flags/flag_list.html")
