"""Organizations in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tenants import services
from tenants.actors import Actor
from tenants.admin.deletions import deletions
from tenants.admin.filters import DeletedFilter
from tenants.admin.forms import ServiceForm, text_field
from tenants.admin.places import ROLE_ACTIONS, roles_table
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import Organization


class OrganizationForm(ServiceForm):
    slug = text_field(help_text="Stands in addresses; never changes.")
    name = text_field()

    def initial_of(self, thing: Any) -> dict[str, Any]:
        return {"name": thing.name}


@admin.register(Organization, site=site)
class OrganizationAdmin(WalledAdmin):
    page_route, page_names = "tenants:organization_settings", ("slug",)
    view_verb, change_verb, delete_verb = "organization.view", "organization.edit", "organization.delete"
    form = OrganizationForm
    list_display = ("name", "slug", "created_at")
    list_filter = (DeletedFilter,)
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    add_fields = ("slug", "name")
    change_fields = ("name",)
    view_fields = ("name",)
    info_fields = ("slug", "people", "retention_days", "limits", "created_at")
    service_actions = (
        *ROLE_ACTIONS,
        *deletions("organization", services.delete_organization, services.undelete_organization),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Everybody may found one, and owns it."""
        return True

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> Organization:
        comment = values["comment"]
        if change:
            return services.rename_organization(obj, name=values["name"], actor=actor, comment=comment)
        assert actor.user is not None  # noqa: S101  (nobody else enters the admin)
        return services.create_organization(
            slug=values["slug"], name=values["name"], owner=actor.user, actor=actor, comment=comment
        )

    @admin.display(description="roles here")
    def people(self, organization: Organization) -> SafeString:
        return roles_table(organization)
