"""Projects and environments in the admin."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from tenants import services
from tenants.actors import Actor
from tenants.admin.deletions import deletions
from tenants.admin.filters import DeletedFilter, OrganizationFilter, ProjectFilter
from tenants.admin.forms import ServiceForm, choice_field, number_field, row_field, switch_field, text_field
from tenants.admin.places import ROLE_ACTIONS, roles_table
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import Environment, Organization, Project


class ProjectForm(ServiceForm):
    organization = row_field()
    key = text_field(help_text="Stands in addresses; never changes.")
    name = text_field()

    def initial_of(self, thing: Any) -> dict[str, Any]:
        return {"name": thing.name}

    def wall(self, actor: Actor) -> None:
        self.offer("organization", Organization.objects.visible_to(actor, "project.create").order_by("name"))


@admin.register(Project, site=site)
class ProjectAdmin(WalledAdmin):
    page_route, page_names = "tenants:project", ("organization__slug", "key")
    view_verb, add_verb, change_verb, delete_verb = "project.view", "project.create", "project.edit", "project.delete"
    form = ProjectForm
    list_display = ("name", "key", "organization", "created_at")
    list_filter = (OrganizationFilter, DeletedFilter)
    list_select_related = ("organization",)
    search_fields = ("name", "key")
    ordering = ("organization__name", "name", "id")
    add_fields = ("organization", "key", "name")
    change_fields = ("name",)
    view_fields = ("name",)
    info_fields = ("organization", "key", "people", "max_prerequisite_depth", "created_at")
    service_actions = (*ROLE_ACTIONS, *deletions("project", services.delete_project, services.undelete_project))

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> Project:
        if change:
            return services.edit_project(obj, name=values["name"], actor=actor, comment=values["comment"])
        return services.create_project(
            values["organization"], key=values["key"], name=values["name"], actor=actor, comment=values["comment"]
        )

    @admin.display(description="roles here")
    def people(self, project: Project) -> SafeString:
        return roles_table(project)


class EnvironmentForm(ServiceForm):
    project = row_field()
    key = text_field(help_text="Stands in addresses; never changes.")
    name = text_field()
    color = choice_field(choices=Environment.Color.choices)
    is_protected = switch_field(
        label="Protected", help_text="Only admins, and whoever has a role on it by name, change what is served here."
    )
    position = number_field(min_value=0, max_value=32_767, help_text="Its place among its siblings.")

    def initial_of(self, thing: Any) -> dict[str, Any]:
        return {name: getattr(thing, name) for name in ("name", "color", "is_protected", "position")}

    def wall(self, actor: Actor) -> None:
        self.offer("project", Project.objects.visible_to(actor, "environment.create").order_by("name"))


@admin.register(Environment, site=site)
class EnvironmentAdmin(WalledAdmin):
    page_route, page_names = "tenants:environment", ("organization__slug", "project__key", "key")
    view_verb, add_verb = "environment.view", "environment.create"
    change_verb, delete_verb = "environment.edit", "environment.delete"
    form = EnvironmentForm
    list_display = ("name", "key", "project", "organization", "is_protected", "position")
    list_filter = (OrganizationFilter, ProjectFilter, "is_protected", DeletedFilter)
    list_select_related = ("project", "organization")
    search_fields = ("name", "key", "project__name")
    ordering = ("organization__name", "project__name", "position", "id")
    add_fields = ("project", "key", "name", "color", "is_protected")
    change_fields = ("name", "color", "is_protected", "position")
    view_fields = ("name", "color", "is_protected", "position")
    info_fields = ("id", "organization", "project", "key", "people", "created_at")
    service_actions = (
        *ROLE_ACTIONS,
        *deletions("environment", services.delete_environment, services.undelete_environment),
    )

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> Environment:
        given = {
            name: values[name] for name in ("name", "color", "is_protected", "position", "comment") if name in values
        }
        if change:
            return services.edit_environment(obj, **given, actor=actor)
        return services.create_environment(values["project"], key=values["key"], **given, actor=actor)

    @admin.display(description="roles here")
    def people(self, environment: Environment) -> SafeString:
        return roles_table(environment)
