"""Published manifests in the admin: to be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evaluation.models import ManifestVersion
from tenants.admin.filters import EnvironmentFilter, OrganizationFilter
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin


@admin.register(ManifestVersion, site=site)
class ManifestVersionAdmin(WalledAdmin):
    view_verb = "environment.view"
    list_display = ("version", "environment", "checksum", "issued")
    list_filter = (OrganizationFilter, EnvironmentFilter)
    search_fields = ("checksum",)
    ordering = ("-issued", "-version")
    info_fields = ("version", "environment", "issued", "checksum", "signature")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the content, which may be megabytes."""
        return super().get_queryset(request).select_related("environment", "organization").defer("content")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj and obj.environment)
