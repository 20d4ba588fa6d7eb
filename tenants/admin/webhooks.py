"""Webhooks in the admin: made and shown once, edited, switched, tested, deleted; and the log of what was sent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from tenants import services
from tenants.actors import Actor
from tenants.admin.actions import AskForm, ServiceAction
from tenants.admin.api_keys import choices_of_places, places_for
from tenants.admin.filters import OrganizationFilter, ProjectFilter
from tenants.admin.forms import ServiceForm, choice_field, number_field, text_field
from tenants.admin.site import site
from tenants.admin.walls import DELETE, WalledAdmin
from tenants.dashboard.forms import WordsField
from tenants.models import Webhook, WebhookDelivery
from tenants.services.webhooks import LONGEST_OVERLAP
from tenants.webhooks.addresses import LONGEST_URL
from tenants.webhooks.events import EVENT_TYPES

EDITED = ("name", "url", "format", "events", "flags", "tags")


class WebhookForm(ServiceForm):
    scope = choice_field(help_text="What happens in there is told, from now on.")
    name = text_field(max_length=100)
    url = text_field(max_length=LONGEST_URL, help_text="Where each event is sent, by POST; https.")
    format = choice_field(choices=Webhook.Format.choices)
    events = forms.MultipleChoiceField(
        required=False,
        choices=[(event, event) for event in EVENT_TYPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="None chosen: all of them, also those that later versions add.",
    )
    flags = WordsField(
        required=False, widget=UnfoldAdminTextInputWidget(), help_text="Keys: it hears of these flags alone."
    )
    tags = WordsField(required=False, widget=UnfoldAdminTextInputWidget(), help_text="The same by their tags.")

    def wall(self, actor: Actor) -> None:
        field: Any = self.fields.get("scope")
        if field is not None:
            field.choices = choices_of_places(actor, "webhook.create")

    def initial_of(self, thing: Any) -> dict[str, Any]:
        return {name: getattr(thing, name) for name in EDITED}

    def clean_scope(self) -> Any:
        chosen = self.cleaned_data["scope"]
        return next((place for place in places_for(self.actor, "webhook.create") if place.pk == chosen), None)


class RotationForm(AskForm):
    overlap_hours = number_field(
        min_value=0,
        max_value=LONGEST_OVERLAP // timedelta(hours=1),
        initial=24,
        help_text="So long the old secret signs beside the new one. 0: not at all.",
    )


def _rotate(webhook: Webhook, actor: Actor, answers: dict[str, Any]) -> None:
    overlap = timedelta(hours=answers["overlap_hours"])
    made = services.rotate_webhook(webhook, overlap=overlap, actor=actor, comment=answers["comment"])
    webhook.made_of_it = made  # type: ignore[attr-defined]  # for show_done, in this answer and nowhere else


def _enable(webhook: Webhook, actor: Actor, answers: dict[str, Any]) -> None:
    services.enable_webhook(webhook, actor=actor, comment=answers["comment"])


def _disable(webhook: Webhook, actor: Actor, answers: dict[str, Any]) -> None:
    services.disable_webhook(webhook, actor=actor, comment=answers["comment"])


def _test(webhook: Webhook, actor: Actor, answers: dict[str, Any]) -> None:
    services.test_webhook(webhook, actor=actor, comment=answers["comment"])


def _delete(webhook: Webhook, actor: Actor, answers: dict[str, Any]) -> None:
    services.delete_webhook(webhook, actor=actor, comment=answers["comment"])


def _replay(delivery: WebhookDelivery, actor: Actor, answers: dict[str, Any]) -> None:
    services.replay_delivery(delivery, actor=actor, comment=answers["comment"])


def _is_on(webhook: Webhook) -> bool:
    return webhook.disabled_at is None


@admin.register(Webhook, site=site)
class WebhookAdmin(WalledAdmin):
    page_route, page_names = "tenants:webhook", ("organization__slug", "pk")
    view_verb, add_verb, change_verb, delete_verb = "webhook.view", "webhook.create", "webhook.edit", "webhook.delete"
    form = WebhookForm
    list_display = ("name", "organization", "project", "environment", "state", "tried_at")
    list_filter = (OrganizationFilter, ProjectFilter)
    list_select_related = ("organization", "project", "environment")
    search_fields = ("name",)
    ordering = ("organization__name", "name", "id")
    add_fields = ("scope", *EDITED)
    change_fields = EDITED
    view_fields = EDITED
    info_fields = (
        "organization",
        "project",
        "environment",
        "state",
        "disabled_because",
        "tried_at",
        "created_at",
        "created_by",
    )
    service_actions = (
        ServiceAction("test", "webhook.test", "Send a test", _test, applies_to=_is_on),
        ServiceAction(
            "rotate",
            "webhook.rotate",
            "New secret",
            _rotate,
            explains="The old one signs on beside it for a while.",
            form=RotationForm,
            is_for_one=True,
        ),
        ServiceAction(
            "disable",
            "webhook.edit",
            "Disable",
            _disable,
            explains="Nothing is sent any more; what waits is given up, and can be replayed later.",
            applies_to=_is_on,
        ),
        ServiceAction("enable", "webhook.edit", "Enable", _enable, applies_to=lambda webhook: not _is_on(webhook)),
        ServiceAction(
            DELETE,
            "webhook.delete",
            "Delete",
            _delete,
            explains="For good, with the log of what was sent.",
            is_dangerous=True,
        ),
    )

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> Webhook:
        if change:
            return services.edit_webhook(obj, **values, actor=actor)
        webhook, secret = services.create_webhook(**values, actor=actor)
        obj.secret_shown_once = secret
        return webhook

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_once(request, obj, obj.secret_shown_once)

    def show_done(self, request: HttpRequest, action: ServiceAction, things: Sequence[Any]) -> HttpResponse | None:
        return self._show_once(request, *things[0].made_of_it) if action.name == "rotate" else None

    def _show_once(self, request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
        """The secret is in this answer and nowhere else."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{webhook.name}: its secret",
            "opts": self.opts,
            "secret": secret,
            "back": self._address(webhook),
        }
        return TemplateResponse(
            request, "admin/webhook_secret.html", context, headers={"Cache-Control": "no-store", "Pragma": "no-cache"}
        )

    @admin.display
    def state(self, webhook: Webhook) -> str:
        if webhook.disabled_at is not None:
            return f"disabled {webhook.disabled_at:%Y-%m-%d}"
        return f"fails since {webhook.failing_since:%Y-%m-%d}" if webhook.failing_since else "in use"


@admin.register(WebhookDelivery, site=site)
class WebhookDeliveryAdmin(WalledAdmin):
    view_verb = "webhook.view"
    list_display = ("event_type", "webhook", "state", "tries", "created_at", "done_at")
    list_filter = (OrganizationFilter, "state")
    list_select_related = ("webhook",)
    search_fields = ("event_type", "event_id")
    ordering = ("-id",)
    info_fields = ("event_type", "event_id", "webhook", "state", "attempts", "answer", "body", "created_at", "done_at")
    service_actions = (
        ServiceAction(
            "replay",
            "webhook.replay",
            "Replay",
            _replay,
            explains="It is sent again with the same id.",
            applies_to=lambda delivery: _is_on(delivery.webhook),
        ),
    )
