"""The audit log in the admin: to be read, filtered and searched."""

import json
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants.admin.filters import OrganizationFilter, values_filter
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import AuditEvent


@admin.register(AuditEvent, site=site)
class AuditEventAdmin(WalledAdmin):
    view_verb = "audit.view"
    list_display = ("at", "actor_name", "verb", "object_name", "comment")
    list_filter = (
        OrganizationFilter,
        values_filter("verb", "verb"),
        values_filter("actor_name", "actor"),
        "at",
    )
    search_fields = ("actor_name", "verb", "object_name", "comment", "request_id")
    ordering = ("-at", "-position")
    info_fields = (
        "at",
        "actor_name",
        "actor_kind",
        "verb",
        "object_type",
        "object_name",
        "object_id",
        "comment",
        "was",
        "became",
        "request_id",
        "ip",
        "chain",
        "position",
        "hash",
    )

    @admin.display(description="before")
    def was(self, event: AuditEvent) -> SafeString:
        return pretty(event.before)

    @admin.display(description="after")
    def became(self, event: AuditEvent) -> SafeString:
        return pretty(event.after)


def pretty(value: Any) -> SafeString:
    """JSON laid out for reading."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="font-mono overflow-x-auto whitespace-pre-wrap">{}</pre>', text)
