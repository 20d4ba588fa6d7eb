"""Progressive rollouts and guardrails in the admin: to be read. They are steered on their own pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from analytics.models import Guardrail, Rollout
from tenants.admin.filters import EnvironmentFilter, OrganizationFilter
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin


@admin.register(Rollout, site=site)
class RolloutAdmin(WalledAdmin):
    view_verb = "rollout.view"
    list_display = ("name", "flag", "environment", "status", "position", "due_at")
    list_filter = (OrganizationFilter, EnvironmentFilter, "status")
    search_fields = ("name", "flag__key")
    ordering = ("-created_at", "-id")
    info_fields = (
        "flag",
        "environment",
        "preset",
        "rule_id",
        "variant",
        "baseline",
        "status",
        "position",
        "steps",
        "taken",
        "since",
        "due_at",
        "reason",
        "failures",
        "last_error",
        "started_at",
        "ended_at",
        "created_at",
        "created_by",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("flag", "environment")


@admin.register(Guardrail, site=site)
class GuardrailAdmin(WalledAdmin):
    view_verb = "guardrail.view"
    list_display = ("name", "flag", "environment", "source", "state", "is_dry_run", "breached_at")
    list_filter = (OrganizationFilter, EnvironmentFilter, "state")
    search_fields = ("name", "flag__key")
    ordering = ("-created_at", "-id")
    info_fields = (
        "flag",
        "environment",
        "source",
        "variant",
        "control",
        "budget",
        "alpha",
        "min_sample",
        "action",
        "is_dry_run",
        "state",
        "armed_at",
        "breached_at",
        "evidence",
        "created_at",
        "created_by",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("flag", "environment")
