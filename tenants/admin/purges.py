"""Purges in the admin: how far each is, and what failed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tenants import services
from tenants.acting import acting
from tenants.actors import Actor
from tenants.admin.actions import ServiceAction
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import Purge, PurgeStage


def _retry(purge: Purge, actor: Actor, answers: dict[str, Any]) -> None:
    services.retry_purge(purge, actor=actor, comment=answers["comment"])


@admin.register(Purge, site=site)
class PurgeAdmin(WalledAdmin):
    view_verb = "project.delete"
    list_display = ("__str__", "organization", "state", "asked_by", "begun_at", "finished_at")
    list_select_related = ("organization", "asked_by")
    search_fields = ("key", "name", "thing_id")
    ordering = ("-id",)
    info_fields = ("kind", "key", "name", "thing_id", "organization", "asked_by", "begun_at", "finished_at", "stages")
    service_actions = (
        ServiceAction(
            "retry",
            "organization.purge",
            "Try again",
            _retry,
            explains="The stage that failed is tried again at the worker's next look.",
            applies_to=lambda purge: purge.finished_at is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Whoever runs the server sees those of people and of whole organizations too."""
        rows = Purge.with_deleted.all() if acting(request).may_everything else super().get_queryset(request)
        return rows.select_related("organization", "asked_by").prefetch_related("stages").order_by("-id")

    @admin.display
    def state(self, purge: Purge) -> str:
        current = next((stage for stage in purge.stages.all() if stage.done_at is None), None)
        if current is None:
            return "gone"
        return f"{current.label}: {'failed, is tried again' if current.last_error else 'waits or goes on'}"

    @admin.display
    def stages(self, purge: Purge) -> SafeString:
        rows = ((stage.label, _said(stage)) for stage in purge.stages.all())
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {}</li>", rows))


def _said(stage: PurgeStage) -> str:
    rows = f"{stage.rows:,} rows"
    if stage.done_at is not None:
        return f"done, {rows}"
    return f"failed {stage.attempts} times, {rows} so far; {stage.last_error}" if stage.last_error else f"{rows} so far"
