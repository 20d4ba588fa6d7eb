"""What waits to be told, or could not be: for superusers."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest

from tenants import services
from tenants.acting import acting
from tenants.actors import Actor
from tenants.admin.actions import ServiceAction
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import OutboxEvent


class StateFilter(SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("waiting", "Waiting"),
            ("failed", "Failed, will be tried again"),
            ("parked", "Parked: failed too often"),
            ("done", "Done"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted: dict[str | None, dict[str, Any]] = {
            "waiting": {"processed_at__isnull": True, "parked_at__isnull": True},
            "failed": {"processed_at__isnull": True, "parked_at__isnull": True, "attempts__gt": 0},
            "parked": {"processed_at__isnull": True, "parked_at__isnull": False},
            "done": {"processed_at__isnull": False},
        }
        return queryset.filter(**wanted.get(self.value(), {}))


def _retry(event: OutboxEvent, actor: Actor, answers: dict[str, Any]) -> None:
    services.retry_outbox_event(event, actor=actor, comment=answers["comment"])


@admin.register(OutboxEvent, site=site)
class OutboxEventAdmin(WalledAdmin):
    list_display = ("id", "topic", "environment", "created_at", "processed_at", "attempts", "parked_at", "last_error")
    list_filter = (StateFilter,)
    list_select_related = ("environment",)
    search_fields = ("topic", "last_error")
    ordering = ("-id",)
    info_fields = (
        "topic",
        "organization",
        "environment",
        "payload",
        "created_at",
        "processed_at",
        "attempts",
        "not_before",
        "parked_at",
        "last_error",
    )
    service_actions = (
        ServiceAction(
            "retry",
            "outbox_event.retry",
            "Try again",
            _retry,
            explains="It is told again at once, with what lies in its environment by then.",
            applies_to=lambda event: event.parked_at is not None and event.processed_at is None,
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return acting(request).may_everything

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = OutboxEvent.objects.order_by("-id")
        return rows if acting(request).may_everything else rows.none()
