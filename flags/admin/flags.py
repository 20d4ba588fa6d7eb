"""Flags in the admin: what is the same in all environments, and the way to the state in each."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from flags import documents, services
from flags.admin.fields import JsonField
from flags.admin.rollouts import WhereForm, WhereToKillForm, environment_of
from flags.models import Flag, FlagConfig
from tenants.acting import acting
from tenants.actors import Actor
from tenants.admin.actions import ServiceAction
from tenants.admin.audit import pretty
from tenants.admin.deletions import deletions
from tenants.admin.filters import DeletedFilter, OrganizationFilter, ProjectFilter
from tenants.admin.forms import ServiceForm, choice_field, long_text_field, row_field, switch_field, text_field
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.dashboard.forms import WordsField
from tenants.models import Environment, Project, User

TEXTS = ("name", "description", "kind", "is_permanent", "client_visible", "salt")
JSON = ("variants", "tags", "metadata", "json_schema")


class FlagForm(ServiceForm):
    project = row_field()
    key = text_field(help_text="What the application asks for; never changes.")
    type = choice_field(choices=Flag.ValueType.choices, help_text="Of the values; never changes.")
    name = text_field(required=False, help_text="Empty: as the key.")
    description = long_text_field(required=False)
    kind = choice_field(choices=Flag.Kind.choices)
    tags = WordsField(required=False, widget=UnfoldAdminTextInputWidget(), help_text="With commas between them.")
    owner = row_field(required=False)
    is_permanent = switch_field(label="Permanent", help_text="It is not expected to go away.")
    client_visible = switch_field(
        label="Visible to clients",
        initial=True,
        help_text="On for a new flag. When off, client keys (browsers, phones) get FLAG_NOT_FOUND for it, "
        "as for a flag that is not there; server keys still get its value.",
    )
    variants = JsonField(
        help_text='Name → value, as {"red": "#d33", "blue": "#33d"}. A boolean flag may leave it empty: on and off.'
    )
    metadata = JsonField(rows=3, empty={}, help_text="A flat object that is merged into answers.")
    json_schema = JsonField(rows=3, label="JSON Schema", help_text="For the values of a json flag.")
    salt = text_field(help_text="Decides who falls into which bucket: with another salt, other people.")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def initial_of(self, thing: Flag) -> dict[str, Any]:
        kept = {name: getattr(thing, name) for name in (*TEXTS, "tags", "metadata", "json_schema", "version")}
        return kept | {"variants": documents.typed_variants(thing), "owner": thing.owner_id}

    def wall(self, actor: Actor) -> None:
        self.offer("project", Project.objects.visible_to(actor, "flag.create").order_by("name"))
        people = User.objects.visible_to(actor)
        if not self.instance._state.adding:
            people = people.filter(memberships__organization=self.instance.organization_id)
        self.offer("owner", people.order_by("name", "email").distinct())


def body_of(values: dict[str, Any]) -> dict[str, Any]:
    """The values of the form as the document that the services take."""
    given = {name: values[name] for name in ("key", "type", *TEXTS, *JSON) if name in values}
    owner = values["owner"]
    body = given | {"owner": owner.email if owner else None}
    return {name: value for name, value in body.items() if value is not None or name not in ("variants", "salt")}


def _toggle(enabled: bool) -> Any:
    def do(flag: Flag, actor: Actor, answers: dict[str, Any]) -> None:
        environment = environment_of(flag, actor, answers["environment"])
        services.toggle_flag(flag, environment, enabled=enabled, actor=actor, comment=answers["comment"])

    return do


def _kill(flag: Flag, actor: Actor, answers: dict[str, Any]) -> None:
    environment = environment_of(flag, actor, answers["environment"])
    services.kill_flag(flag, environment, actor=actor, comment=answers["comment"])


def _archive(flag: Flag, actor: Actor, answers: dict[str, Any]) -> None:
    services.archive_flag(flag, actor=actor, comment=answers["comment"])


def _unarchive(flag: Flag, actor: Actor, answers: dict[str, Any]) -> None:
    services.unarchive_flag(flag, actor=actor, comment=answers["comment"])


def _is_archived(flag: Flag) -> bool:
    return flag.archived_at is not None


def _is_in_use(flag: Flag) -> bool:
    return flag.archived_at is None


ACTIONS = (
    ServiceAction(
        "turn_on",
        "flag.toggle",
        "Turn on",
        _toggle(True),
        form=WhereForm,
        asks_where=True,
        applies_to=_is_in_use,
    ),
    ServiceAction(
        "turn_off",
        "flag.toggle",
        "Turn off",
        _toggle(False),
        form=WhereForm,
        asks_where=True,
        applies_to=_is_in_use,
    ),
    ServiceAction(
        "kill",
        "flag.kill",
        "Kill",
        _kill,
        explains="Turns the flag off in this environment at once, whatever else is pending: the off result is served.",
        form=WhereToKillForm,
        is_dangerous=True,
        asks_where=True,
    ),
    ServiceAction(
        "archive",
        "flag.archive",
        "Archive",
        _archive,
        explains="In all environments clients get FLAG_NOT_FOUND and use their own default. Nothing is lost.",
        applies_to=_is_in_use,
    ),
    ServiceAction(
        "unarchive",
        "flag.archive",
        "Unarchive",
        _unarchive,
        explains="The flag is evaluated again, as it was.",
        applies_to=_is_archived,
    ),
    *deletions("flag", services.delete_flag, services.undelete_flag),
)


class ArchivedFilter(admin.SimpleListFilter):
    title = parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "In use"), ("yes", "Archived")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(archived_at__isnull=self.value() == "no")


@admin.register(Flag, site=site)
class FlagAdmin(WalledAdmin):
    page_route, page_names = "flags:anywhere", ("organization__slug", "project__key", "key")
    view_verb, add_verb, change_verb, delete_verb = "flag.view", "flag.create", "flag.edit", "flag.delete"
    form = FlagForm
    list_display = ("key", "name", "states", "kind", "value_type", "project", "archived", "updated_at")
    list_filter = (OrganizationFilter, ProjectFilter, "kind", "value_type", ArchivedFilter, DeletedFilter)
    search_fields = ("key", "name", "description")
    ordering = ("project__name", "key", "id")
    add_fields = (
        "project",
        "key",
        "type",
        "name",
        "description",
        "variants",
        "kind",
        "tags",
        "owner",
        "client_visible",
        "is_permanent",
        "metadata",
        "json_schema",
    )
    change_fields = (
        "name",
        "description",
        "variants",
        "kind",
        "tags",
        "owner",
        "client_visible",
        "is_permanent",
        "metadata",
        "json_schema",
        "salt",
        "version",
    )
    view_fields = (
        "name",
        "description",
        "values",
        "kind",
        "tags",
        "owner",
        "client_visible",
        "is_permanent",
        "metadata",
        "json_schema",
        "salt",
    )
    top_fields = ("where",)
    info_fields = ("key", "value_type", "project", "archived_at", "created_at", "updated_at")
    service_actions = ACTIONS

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the states that the actor may see: three queries, however many flags there are."""
        actor = acting(request)
        states = FlagConfig.objects.visible_to(actor).only("flag_id", "environment_id", "enabled", "version")
        places = Environment.objects.visible_to(actor).order_by("position", "id")
        rows = super().get_queryset(request).select_related("project", "organization", "owner")
        return rows.prefetch_related(
            Prefetch("configs", states, to_attr="seen_states"),
            Prefetch("project__environments", places, to_attr="seen_environments"),
        )

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> services.Saved[Flag]:
        body, comment = body_of(values), values["comment"]
        if change:
            return services.edit_flag(obj, body, version=values["version"], actor=actor, comment=comment)
        return services.create_flag(values["project"], _without_empty(body), actor=actor, comment=comment)

    @admin.display(description="on in")
    def states(self, flag: Flag) -> SafeString:
        enabled = {state.environment_id for state in flag.seen_states if state.enabled}  # type: ignore[attr-defined]  # prefetched
        names = [place.name for place in flag.project.seen_environments if place.pk in enabled]  # type: ignore[attr-defined]  # prefetched
        return format_html_join(" ", f'<span class="{BADGE}">{{}}</span>', ((name,) for name in names)) or SafeString(
            "–"
        )

    @admin.display(ordering="archived_at")
    def archived(self, flag: Flag) -> str:
        return f"{flag.archived_at:%Y-%m-%d}" if flag.archived_at else "–"

    @admin.display(description="variants")
    def values(self, flag: Flag) -> SafeString:
        return pretty(documents.typed_variants(flag))

    @admin.display(description="state and rules in")
    def where(self, flag: Flag) -> SafeString:
        """The flag in each environment that the reader may see, with the way to its rules."""
        states = {state.environment_id: state for state in flag.seen_states}  # type: ignore[attr-defined]  # prefetched
        rows = [(place, states.get(place.pk)) for place in flag.project.seen_environments]  # type: ignore[attr-defined]  # prefetched
        items = format_html_join(
            "",
            '<li class="py-1"><a class="font-medium text-primary-600 underline dark:text-primary-500" href="{}">{}</a>: {}</li>',
            ((_state_address(flag, place, state), place.name, _said(place, state)) for place, state in rows),
        )
        return format_html("<ul>{}</ul>", items) if rows else SafeString("The project has no environment yet.")


BADGE = (
    "bg-green-100 font-semibold inline-block px-2 py-1 rounded-default text-xs text-green-700"
    " dark:bg-green-500/20 dark:text-green-400"
)


def _said(place: Environment, state: FlagConfig | None) -> str:
    said = "on" if state is not None and state.enabled else "off"
    version = f", version {state.version}" if state is not None else ", never changed"
    return f"{said}{version}{', protected' if place.is_protected else ''}"


def _state_address(flag: Flag, place: Environment, state: FlagConfig | None) -> str:
    if state is not None:
        return reverse("admin:flags_flagconfig_change", args=[state.pk])
    return f"{reverse('admin:flags_flagconfig_add')}?flag={flag.pk}&environment={place.pk}"


def _without_empty(body: dict[str, Any]) -> dict[str, Any]:
    """A name that was left empty takes the key."""
    return {name: value for name, value in body.items() if name != "name" or value}
