"""The flags of a project: found, page by page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from flags import selectors
from flags.dashboard import saved_views
from flags.dashboard.filters import Filters
from flags.dashboard.rows import Column, Row, columns_of, rows_of
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.dashboard.paging import PER_PAGE, Paged
from tenants.models import Project


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was asked for. `may_select`: whether there is anything that the actor may do to many."""

    filters: Filters
    paged: Paged
    columns: list[Column]
    rows: list[Row]
    may_select: bool

    @property
    def query(self) -> str:
        return urlencode(self.filters.given)


@project_page
@require_safe
def flag_list(request: PageRequest, project: Project) -> HttpResponse:
    """The page; for HTMX the table alone; with `?keys=a,b` the rows of these flags, wherever they stand."""
    if "keys" in request.GET:
        return some_rows(request, project, request.GET["keys"].split(",")[:PER_PAGE])
    now = timezone.now()
    filters = Filters(request.GET, project, request.shell.environments, request.actor)
    columns = columns_of(request.shell.environments, request.actor)
    paged = Paged.of(filters.flags(), request, asked=filters.given)
    rows = rows_of(list(paged), columns, now)
    listing = Listing(filters, paged, columns, rows, may_select(request, columns))
    views = saved_views.offered(request, project, listing.query)
    context = {"listing": listing, "may_select": listing.may_select, "views": views, "now": now}
    if request.htmx:
        response = show(request, "flags/_flag_table.html", context)
        response["HX-Replace-Url"] = f"{request.path}?{listing.query}".removesuffix("?")
        return response
    filters.offer()
    return show(request, "flags/flag_list.html", context)


def some_rows(request: PageRequest, project: Project, keys: list[str]) -> HttpResponse:
    found = selectors.flags_of(project, request.actor, archived=None).filter(
        key__in=[key for key in keys if "\0" not in key]
    )
    return show_rows(request, "flags/_flag_rows.html", list(found))


def show_rows(request: PageRequest, template: str, flags: list[Any]) -> HttpResponse:
    now, columns = timezone.now(), columns_of(request.shell.environments, request.actor)
    rows = rows_of(flags, columns, now)
    return show(request, template, {"rows": rows, "may_select": may_select(request, columns), "now": now})


def may_select(request: PageRequest, columns: list[Column]) -> bool:
    may = request.shell.may
    return "flag.edit" in may or "flag.archive" in may or any(column.may_toggle for column in columns)
