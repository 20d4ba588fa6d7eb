"""Filters of lists that offer only what the actor may see, and refuse every other value."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest

from tenants.acting import acting
from tenants.models import Environment, Organization, Project

MOST_OFFERED = 200
Choices = list[tuple[str, str]]


class WalledFilter(SimpleListFilter):
    """One of the `lookups`; anything else that stands in the address filters nothing out."""

    column = ""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value is None or value not in {str(known) for known, _ in self.lookup_choices}:
            return queryset
        return queryset.filter(**{self.column: value})


class OrganizationFilter(WalledFilter):
    title = parameter_name = "organization"
    column = "organization_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        found = Organization.objects.visible_to(acting(request)).order_by("name")
        return list(found.values_list("id", "name")[:MOST_OFFERED])


class ProjectFilter(WalledFilter):
    title = parameter_name = "project"
    column = "project_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        found = Project.objects.visible_to(acting(request)).order_by("name")
        return list(found.values_list("id", "name")[:MOST_OFFERED])


class EnvironmentFilter(WalledFilter):
    title = parameter_name = "environment"
    column = "environment_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        found = Environment.objects.visible_to(acting(request)).order_by("project__name", "position", "id")
        rows = found.values_list("id", "project__name", "name")[:MOST_OFFERED]
        return [(pk, f"{project}: {name}") for pk, project, name in rows]


class DeletedFilter(SimpleListFilter):
    """Shows what was deleted and can still come back, instead of what lives. The list itself fetches the rows."""

    title = parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", "Deleted, can come back")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset


def asks_for_deleted(request: HttpRequest) -> bool:
    return request.GET.get(DeletedFilter.parameter_name) == "yes"


def values_filter(column: str, called: str) -> type[WalledFilter]:
    """A filter on the values that a column has in the rows that the actor sees."""

    class ValuesFilter(WalledFilter):
        title = called
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
            seen = model_admin.get_queryset(request).order_by().values_list(column, flat=True).distinct()
            return sorted((value, value) for value in seen[:MOST_OFFERED])

    ValuesFilter.column = column
    return ValuesFilter
