"""Triggers in the admin: to be seen and revoked. They are made on the page of their flag, which shows the address once."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from flags import services
from flags.models import FlagTrigger
from tenants.actors import Actor
from tenants.admin.actions import ServiceAction
from tenants.admin.filters import EnvironmentFilter, OrganizationFilter
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin


def _revoke(trigger: FlagTrigger, actor: Actor, answers: dict[str, Any]) -> None:
    services.revoke_trigger(trigger, actor=actor, comment=answers["comment"])


@admin.register(FlagTrigger, site=site)
class FlagTriggerAdmin(WalledAdmin):
    view_verb = "trigger.view"
    list_display = ("name", "flag", "environment", "does", "last_used_at", "revoked_at")
    list_filter = (OrganizationFilter, EnvironmentFilter)
    search_fields = ("name", "prefix", "flag__key")
    ordering = ("-created_at", "-id")
    info_fields = ("flag", "environment", "does", "prefix", "last_used_at", "revoked_at", "created_at", "created_by")
    service_actions = (
        ServiceAction(
            "revoke",
            "trigger.revoke",
            "Revoke",
            _revoke,
            explains="Its address leads nowhere any more, for ever.",
            is_dangerous=True,
            applies_to=lambda trigger: trigger.revoked_at is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("flag", "environment")
