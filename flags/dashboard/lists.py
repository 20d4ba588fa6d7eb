"""The flags of a project: found, and switched on and off where they stand."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from flags import selectors, services
from flags.dashboard.filters import Filters
from flags.dashboard.rows import Column, Row, columns_of, rows_of
from flags.models import Flag
from tenants.dashboard.doors import PageRequest, environment_page, project_page, seen, show
from tenants.models import Environment, Project
from tenants.permissions import require

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was asked for."""

    filters: Filters
    page: Page[Any]
    columns: list[Column]
    rows: list[Row]

    @property
    def query(self) -> str:
        return urlencode(self.filters.given)

    @property
    def before(self) -> str:
        return self._at(self.page.number - 1) if self.page.has_previous() else ""

    @property
    def after(self) -> str:
        return self._at(self.page.number + 1) if self.page.has_next() else ""

    def _at(self, number: int) -> str:
        return "?" + urlencode({**self.filters.given, "page": number})


@project_page
@require_safe
def flag_list(request: PageRequest, project: Project) -> HttpResponse:
    """The page; for HTMX the table alone; with `?keys=a,b` the rows of these flags, wherever they stand."""
    if "keys" in request.GET:
        return some_rows(request, project, request.GET["keys"].split(",")[:PER_PAGE])
    filters = Filters(request.GET, project, request.shell.environments, request.actor)
    columns = columns_of(request.shell.environments, request.actor)
    page = Paginator(filters.flags(), PER_PAGE).get_page(request.GET.get("page"))
    listing = Listing(filters, page, columns, rows_of(list(page.object_list), columns))
    context = {"listing": listing, "now": timezone.now()}
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
    rows = rows_of(list(found), columns_of(request.shell.environments, request.actor))
    return show(request, "flags/_flag_rows.html", {"rows": rows, "now": timezone.now()})


@environment_page
@require_POST
def switch(request: PageRequest, environment: Environment, flag: str) -> HttpResponse:
    """Turn a flag on or off from the list. A protected environment asks first; its key in `confirmed` is a yes."""
    found: Flag = seen(selectors.find_flag(environment.project, flag, request.actor))
    enabled = request.POST.get("enabled") == "yes"
    if environment.is_protected and request.POST.get("confirmed") != environment.key:
        return _asking(request, found, environment, enabled)
    comment = request.POST.get("comment", "")
    saved = services.toggle_flag(found, environment, enabled=enabled, actor=request.actor, comment=comment)
    _tell(request, saved.thing, environment, changed=saved.changed)
    if not request.htmx:
        return redirect(_came_from(request) or reverse("flags:list", args=_place(environment)))
    rows = rows_of([found], columns_of(request.shell.environments, request.actor))
    return show(request, "flags/_switched.html", {"rows": rows, "now": timezone.now()})


def _asking(request: PageRequest, flag: Flag, environment: Environment, enabled: bool) -> HttpResponse:
    require(request.actor, "flag.toggle", environment)
    context = {"flag": flag, "environment": environment, "enabled": enabled, "word": "on" if enabled else "off"}
    response = show(request, "flags/_switch_dialog.html" if request.htmx else "flags/switch.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#asking", "innerHTML"
    return response


def _tell(request: PageRequest, config: Any, environment: Environment, *, changed: bool) -> None:
    word = "on" if config.enabled else "off"
    if not changed:
        messages.info(request, f"{config.flag.key} is {word} in {environment.name} already.")
        return
    said = format_html("<b>{}</b> is {} in <b>{}</b>.", config.flag.key, word, environment.name)
    address = reverse("flags:switch", args=[*_place(environment), config.flag.key, environment.key])
    undo = (
        '{} <button class="link" form="switches" formaction="{}" name="enabled" value="{}" data-undo="{}"'
        ' hx-post="{}" hx-vals=\'{{"confirmed": "{}"}}\' hx-swap="none">Undo</button>'
    )
    back = "" if config.enabled else "yes"
    messages.success(request, format_html(undo, said, address, back, config.flag.key, address, environment.key))


def _place(environment: Environment) -> tuple[str, str]:
    return environment.organization.slug, environment.project.key


def _came_from(request: PageRequest) -> str:
    """The list as it was filtered, if that is where the form was sent from."""
    sent_from = urlsplit(request.headers.get("Referer", ""))
    is_list = sent_from.netloc == request.get_host() and sent_from.path.endswith("/flags/")
    back = f"{sent_from.path}?{sent_from.query}"
    return back if is_list and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""
