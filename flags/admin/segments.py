"""Segments in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from flags import services
from flags.admin.fields import JsonField
from flags.models import Segment
from tenants.actors import Actor
from tenants.admin.deletions import deletions
from tenants.admin.filters import DeletedFilter, OrganizationFilter, ProjectFilter
from tenants.admin.forms import ServiceForm, row_field, text_field
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import Project

MEMBERS = ("key", "name", "included", "excluded", "rules")


class SegmentForm(ServiceForm):
    project = row_field()
    key = text_field(help_text="What rules ask for; never changes.")
    name = text_field(required=False, help_text="Empty: as the key.")
    included = JsonField(rows=3, empty=[], help_text='Targeting keys that belong to it, as ["user-7"].')
    excluded = JsonField(rows=3, empty=[], help_text="Targeting keys that never do.")
    rules = JsonField(
        rows=10,
        empty=[],
        help_text='Any of these conditions, as [{"attribute": "email", "op": "ends_with", "values": ["@acme.example"]}].',
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def initial_of(self, thing: Segment) -> dict[str, Any]:
        return {name: getattr(thing, name) for name in ("name", "included", "excluded", "rules", "version")}

    def wall(self, actor: Actor) -> None:
        self.offer("project", Project.objects.visible_to(actor, "segment.create").order_by("name"))


@admin.register(Segment, site=site)
class SegmentAdmin(WalledAdmin):
    page_route, page_names = "flags:segment", ("organization__slug", "project__key", "key")
    view_verb, add_verb = "segment.view", "segment.create"
    change_verb, delete_verb = "segment.edit", "segment.delete"
    form = SegmentForm
    list_display = ("key", "name", "project", "updated_at")
    list_filter = (OrganizationFilter, ProjectFilter, DeletedFilter)
    search_fields = ("key", "name")
    ordering = ("project__name", "key", "id")
    add_fields = ("project", "key", "name", "included", "excluded", "rules")
    change_fields = ("name", "included", "excluded", "rules", "version")
    view_fields = ("name", "included", "excluded", "rules")
    info_fields = ("key", "project", "created_at", "updated_at")
    service_actions = deletions("segment", services.delete_segment, services.undelete_segment)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("project", "organization")

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> services.Saved[Segment]:
        body = {name: values[name] for name in MEMBERS if name in values and (name != "name" or values[name])}
        if change:
            how = {"version": values["version"], "actor": actor, "comment": values["comment"]}
            return services.edit_segment(obj, body, **how)
        return services.create_segment(values["project"], body, actor=actor, comment=values["comment"])
