"""API keys in the admin: made and shown once, bounded, revoked."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from tenants import services
from tenants.actors import Actor
from tenants.admin.actions import AskForm, ServiceAction
from tenants.admin.filters import EnvironmentFilter, OrganizationFilter, ProjectFilter
from tenants.admin.forms import ServiceForm, choice_field, long_text_field, number_field, text_field
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import ApiKey, CustomRole, Environment, Organization, Project
from tenants.role_choices import choices_of, roles_by_value
from tenants.roles import AnyRole
from tenants.services.api_key_bounds import HIGHEST_LIMIT, LIMITS
from tenants.services.api_key_rotation import LONGEST_OVERLAP

Place = Organization | Project | Environment
PLACES: tuple[Any, ...] = (Organization, Project, Environment)
INSTANCE = "instance"


def _limit_field(help_text: str) -> forms.IntegerField:
    return number_field(required=False, min_value=1, max_value=HIGHEST_LIMIT, help_text=help_text)


class ApiKeyForm(ServiceForm):
    kind = choice_field(
        choices=ApiKey.Kind.choices,
        help_text="client: browsers and phones, public by nature. server: your servers. relay: a relay. token: the"
        " management API.",
    )
    scope = choice_field(help_text="Client and server keys belong to one environment.")
    name = text_field(max_length=100)
    role = choice_field(required=False, help_text="Tokens have one, other keys have none.")
    origins = long_text_field(
        required=False,
        help_text="Client keys only, one a line, as https://shop.example: pages of other origins are refused. Empty: any page.",
    )
    requests_per_second = _limit_field("Of the key, in one process. Empty: no limit.")
    burst = _limit_field("So many may come at once. Empty: as many as in a second.")
    streams = _limit_field("Open at once, in one process: SSE, WebSocket, waiting polls. Empty: no limit.")
    expires_at = forms.DateTimeField(
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2027-01-31 12:00"}),
        help_text="In UTC. Empty: never.",
    )

    def wall(self, actor: Actor) -> None:
        field: Any = self.fields.get("scope")
        if field is not None:
            field.choices = _choices(actor)
        self.roles = roles_by_value(CustomRole.objects.visible_to(actor))
        role: Any = self.fields.get("role")
        if role is not None:
            role.choices = [("", "None"), *choices_of(self.roles)]

    def initial_of(self, thing: Any) -> dict[str, Any]:
        return {"name": thing.name, "origins": "\n".join(thing.origins), **thing.limits}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        given["limits"] = {name: given.pop(name) for name in LIMITS if given.get(name) is not None}
        return {name: value for name, value in given.items() if name not in LIMITS}

    def clean_scope(self) -> Place | None:
        chosen = self.cleaned_data["scope"]
        return next((place for place in places_for(self.actor, "api_key.create") if place.pk == chosen), None)

    def clean_role(self) -> AnyRole | None:
        return self.roles.get(self.cleaned_data["role"])

    def clean_origins(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["origins"].splitlines() if line.strip()]


def places_for(actor: Actor, verb: str) -> list[Place]:
    """Where the actor may do so: environments first, since most keys belong to one."""
    around = {Organization: (), Project: ("organization",), Environment: ("project", "organization")}
    return [
        place
        for model in reversed(PLACES)
        for place in model.objects.visible_to(actor, verb).select_related(*around[model]).order_by("name")
    ]


def choices_of_places(actor: Actor, verb: str) -> list[tuple[str, str]]:
    return [(place.pk, _label(place)) for place in places_for(actor, verb)]


def _choices(actor: Actor) -> list[tuple[str, str]]:
    choices = choices_of_places(actor, "api_key.create")
    return [*choices, (INSTANCE, "The whole instance (relay keys only)")] if actor.may_everything else choices


def _label(place: Place) -> str:
    if isinstance(place, Environment):
        return f"Environment: {place.organization} / {place.project} / {place}"
    if isinstance(place, Project):
        return f"Project: {place.organization} / {place}"
    return f"Organization: {place}"


class RotationForm(AskForm):
    overlap_hours = number_field(
        min_value=0,
        max_value=LONGEST_OVERLAP // timedelta(hours=1),
        initial=168,
        help_text="So long the old key works on beside the new one. 0: it ends now.",
    )


def _rotate(api_key: ApiKey, actor: Actor, answers: dict[str, Any]) -> None:
    overlap = timedelta(hours=answers["overlap_hours"])
    made = services.rotate_api_key(api_key, overlap=overlap, actor=actor, comment=answers["comment"])
    api_key.made_of_it = made  # type: ignore[attr-defined]  # for show_done, in this answer and nowhere else


def _works(api_key: ApiKey) -> bool:
    return api_key.revoked_at is None and (api_key.expires_at is None or api_key.expires_at > timezone.now())


def _revoke(api_key: ApiKey, actor: Actor, answers: dict[str, Any]) -> None:
    services.revoke_api_key(api_key, actor=actor, comment=answers["comment"])


@admin.register(ApiKey, site=site)
class ApiKeyAdmin(WalledAdmin):
    view_verb, add_verb, change_verb = "api_key.view", "api_key.create", "api_key.edit"
    form = ApiKeyForm
    list_display = ("name", "kind", "starts_with", "organization", "project", "environment", "state", "last_used_at")
    list_filter = ("kind", OrganizationFilter, ProjectFilter, EnvironmentFilter)
    list_select_related = ("organization", "project", "environment")
    search_fields = ("name", "prefix")
    ordering = ("-created_at", "-id")
    add_fields = ("kind", "scope", "name", "role", "origins", *LIMITS, "expires_at")
    change_fields = ("name", "origins", *LIMITS)
    view_fields = ("name", "origins", "limits")
    info_fields = (
        "kind",
        "whole_key",
        "granted_role",
        "organization",
        "project",
        "environment",
        "state",
        "replaces",
        "expires_at",
        "last_used_at",
        "created_at",
        "created_by",
    )
    service_actions = (
        ServiceAction(
            "rotate",
            "api_key.rotate",
            "Rotate",
            _rotate,
            explains="A new key takes its place, with the same bounds; the old one works on for a while.",
            form=RotationForm,
            is_for_one=True,
            applies_to=_works,
        ),
        ServiceAction(
            "revoke",
            "api_key.revoke",
            "Revoke",
            _revoke,
            explains="The key ends now and for ever; its open streams are closed.",
            is_dangerous=True,
            applies_to=lambda api_key: api_key.revoked_at is None,
        ),
    )

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> ApiKey:
        if change:
            return services.edit_api_key(obj, **values, actor=actor)
        api_key, secret = services.create_api_key(**values, actor=actor)
        obj.secret_shown_once = secret
        return api_key

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_once(request, obj, obj.secret_shown_once)

    def show_done(self, request: HttpRequest, action: ServiceAction, things: Sequence[Any]) -> HttpResponse | None:
        return self._show_once(request, *things[0].made_of_it) if action.name == "rotate" else None

    def _show_once(self, request: HttpRequest, api_key: ApiKey, secret: str) -> HttpResponse:
        """The secret is in this answer and nowhere else: not in the session, not in an address."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{api_key.name}: your new key",
            "opts": self.opts,
            "api_key": api_key,
            "secret": secret,
            "back": self._address(api_key),
        }
        return TemplateResponse(
            request, "admin/new_api_key.html", context, headers={"Cache-Control": "no-store", "Pragma": "no-cache"}
        )

    @admin.display(description="begins with")
    def starts_with(self, api_key: ApiKey) -> str:
        return f"{api_key.prefix}…"

    @admin.display(description="key")
    def whole_key(self, api_key: ApiKey) -> str:
        return api_key.readable or f"{api_key.prefix}… (was shown once, when it was made)"

    @admin.display(description="role")
    def granted_role(self, api_key: ApiKey) -> str:
        role = api_key.granted_role
        return role.label if role else "none"

    @admin.display
    def state(self, api_key: ApiKey) -> str:
        if api_key.revoked_at is not None:
            return f"revoked {api_key.revoked_at:%Y-%m-%d}"
        if api_key.expires_at is not None and api_key.expires_at <= timezone.now():
            return f"expired {api_key.expires_at:%Y-%m-%d}"
        return "in use"
