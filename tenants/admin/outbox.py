"""What waits to be told, or could not be: for superusers."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest

from tenants.acting import acting
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import OutboxEvent


class StateFilter(SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("failed", "Failed, will be tried again"), ("done", "Done")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted: dict[str | None, dict[str, Any]] = {
            "waiting": {"processed_at__isnull": True},
            "failed": {"processed_at__isnull": True, "attempts__gt": 0},
            "done": {"processed_at__isnull": False},
        }
        return queryset.filter(**wanted.get(self.value(), {}))


@admin.register(OutboxEvent, site=site)
class OutboxEventAdmin(WalledAdmin):
    list_display = ("id", "topic", "environment", "created_at", "processed_at", "attempts", "last_error")
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
        "last_error",
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return acting(request).may_everything

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = OutboxEvent.objects.order_by("-id")
        return rows if acting(request).may_everything else rows.none()
