"""Progressive rollouts, guardrails and experiments in the admin: to be read. They are steered on their own pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from analytics.models import Experiment, Guardrail, Rollout
from tenants.admin.filters import EnvironmentFilter, OrganizationFilter
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin


@admin.register(Rollout, site=site)
class RolloutAdmin(WalledAdmin):
    page_route, page_names = "rollouts:rollout", ("organization__slug", "environment__project__key", "pk")
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
    page_route = "guardrails:guardrail"
    page_names = ("organization__slug", "environment__project__key", "flag__key", "environment__key", "pk")
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


@admin.register(Experiment, site=site)
class ExperimentAdmin(WalledAdmin):
    page_route, page_names = "experiments:experiment", ("organization__slug", "project__key", "key")
    view_verb = "experiment.view"
    list_display = ("name", "flag", "environment", "status", "started_at", "stopped_at")
    list_filter = (OrganizationFilter, EnvironmentFilter, "status")
    search_fields = ("name", "key", "flag__key")
    ordering = ("-id",)
    info_fields = (
        "key",
        "flag",
        "environment",
        "status",
        "hypothesis",
        "control",
        "weights",
        "traffic",
        "primary_metric",
        "metrics",
        "guardrail_metrics",
        "group",
        "servers_only",
        "started_at",
        "stopped_at",
        "concluded_at",
        "winner",
        "version",
        "created_at",
        "created_by",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("flag", "environment")
