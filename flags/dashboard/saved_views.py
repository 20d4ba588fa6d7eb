"""Saved views: tabs above the list of flags, and the page on which they are renamed, shared and deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from flags import services
from flags.dashboard.filters import Filters
from flags.models import SavedView
from flags.services.saved_views import MOST_VIEWS
from tenants.dashboard.doors import PageRequest, project_page, seen, show
from tenants.dashboard.forms import PageForm
from tenants.models import Project
from tenants.models.base import is_id


class ViewForm(PageForm):
    name = forms.CharField(max_length=60, widget=forms.TextInput({"autocomplete": "off"}))
    query = forms.CharField(required=False, max_length=2_000, widget=forms.HiddenInput)
    shared = forms.BooleanField(required=False, label="Share with everybody in this project")


@dataclass(frozen=True, slots=True)
class Offered:
    """The saved views that one sees, and which of them the list shows now."""

    views: Sequence[SavedView]
    query: str

    @property
    def current(self) -> SavedView | None:
        return next((view for view in self.views if view.query == self.query), None)

    @property
    def can_be_saved(self) -> bool:
        """Something is looked for that has no name yet."""
        return bool(self.query) and self.query != "archived=yes" and self.current is None


def offered(request: PageRequest, project: Project, query: str) -> Offered:
    """What is shared stands first."""
    return Offered(list(_seen(request, project)), query)


def _seen(request: PageRequest, project: Project) -> Any:
    found = SavedView.objects.visible_to(request.actor).filter(project=project)
    return found.order_by(F("user").asc(nulls_first=True), "name")[: 2 * MOST_VIEWS]


@project_page
def views(request: PageRequest, project: Project) -> HttpResponse:
    """All of them; sent by POST, one more."""
    form = ViewForm(request.POST or None)
    if form.carried_out(request, lambda **given: services.save_view(project, **_narrowed(request, project, given))):
        messages.success(request, f"Saved: the view {form.outcome.name} has a tab of its own.")
        return redirect(_list(project, form.outcome.query))
    context = {"views": list(_seen(request, project)), "form": form}
    return show(request, "flags/saved_views.html", context, status=form.status)


def _narrowed(request: PageRequest, project: Project, given: dict[str, Any]) -> dict[str, Any]:
    """With the shortest query that asks for the same, so that the list knows its tab again."""
    filters = Filters(QueryDict(given["query"]), project, request.shell.environments, request.actor)
    return given | {"query": urlencode(filters.given), "actor": request.actor}


@project_page
@require_POST
def view(request: PageRequest, project: Project, saved_view: str) -> HttpResponse:
    found = _find(request, project, saved_view)
    form = ViewForm(request.POST)
    if form.carried_out(
        request, lambda name, query, shared: services.edit_view(found, name=name, shared=shared, actor=request.actor)
    ):
        messages.success(request, f"Saved: {form.outcome.name}.")
    else:
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
    return redirect(reverse("flags:views", args=[project.organization.slug, project.key]))


@project_page
@require_POST
def delete(request: PageRequest, project: Project, saved_view: str) -> HttpResponse:
    found = _find(request, project, saved_view)
    services.delete_view(found, actor=request.actor)
    messages.success(request, f"The view {found.name} is deleted. The flags that it showed are as they were.")
    return redirect(reverse("flags:views", args=[project.organization.slug, project.key]))


def _find(request: PageRequest, project: Project, view: str) -> SavedView:
    rows = SavedView.objects.visible_to(request.actor).filter(project=project)
    found: SavedView = seen(rows.filter(pk=view).first() if is_id(view) else None)
    return found


def _list(project: Project, query: str) -> str:
    return f"{reverse('flags:list', args=[project.organization.slug, project.key])}?{query}"
