"""What a flag does in one environment, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from flags import documents, selectors, services
from flags.admin.fields import JsonField
from flags.admin.rollouts import RollBackForm, RolloutForm
from flags.models import Flag, FlagConfig
from tenants.acting import acting
from tenants.actors import Actor
from tenants.admin.actions import ServiceAction
from tenants.admin.audit import pretty
from tenants.admin.filters import EnvironmentFilter, OrganizationFilter
from tenants.admin.forms import ServiceForm, row_field, switch_field, text_field
from tenants.admin.site import site
from tenants.admin.walls import WalledAdmin
from tenants.models import Environment

MEMBERS = ("enabled", "off", "prerequisites", "targets", "rules", "fallthrough")


class StateForm(ServiceForm):
    """The members of the document under their own names, so that the path of a fault names its field."""

    flag = row_field(widget=forms.HiddenInput())
    environment = row_field(widget=forms.HiddenInput())
    enabled = switch_field(label="On")
    off = text_field(
        required=False, label="Off variant", help_text="Served while it is off. Empty: the application's own default."
    )
    prerequisites = JsonField(
        rows=4, help_text='Other flags that must serve something first, as {"flag": "payments-v2", "variants": ["on"]}.'
    )
    targets = JsonField(
        rows=4, empty=[], help_text='People by targeting key, as [{"variant": "on", "values": ["user-7"]}].'
    )
    rules = JsonField(
        rows=16,
        empty=[],
        help_text='The first that matches decides, as [{"id": "r1", "if": {"attribute": "country", "op": "in", "values":'
        ' ["IN"]}, "serve": {"split": {"weights": {"on": 25, "off": 75}}}}].',
    )
    fallthrough = JsonField(
        rows=4, help_text='For everybody else, as {"variant": "off"}. Empty: the application\'s own default.'
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (flag := _flag_of(self.instance)) is not None and "off" in self.fields:
            self.fields["off"].help_text += f" This flag has: {', '.join(flag.variants)}."

    def initial_of(self, thing: FlagConfig) -> dict[str, Any]:
        return state_initial(thing)

    def clean(self) -> dict[str, Any]:
        flag, environment = self.cleaned_data.get("flag"), self.cleaned_data.get("environment")
        if flag and environment and flag.project_id != environment.project_id:
            self.add_error(None, f"{flag} and {environment} belong to different projects.")
        return super().clean()

    def wall(self, actor: Actor) -> None:
        self.offer("flag", Flag.objects.visible_to(actor))
        self.offer("environment", Environment.objects.visible_to(actor))


def _flag_of(config: FlagConfig) -> Flag | None:
    return config.flag if config.flag_id else None


def state_initial(config: FlagConfig) -> dict[str, Any]:
    return documents.config_body(config) | {"version": config.version}


def _set(enabled: bool) -> Any:
    def do(config: FlagConfig, actor: Actor, answers: dict[str, Any]) -> None:
        comment = answers["comment"]
        services.toggle_flag(config.flag, config.environment, enabled=enabled, actor=actor, comment=comment)

    return do


def _kill(config: FlagConfig, actor: Actor, answers: dict[str, Any]) -> None:
    services.kill_flag(config.flag, config.environment, actor=actor, comment=answers["comment"])


def _roll_out(config: FlagConfig, actor: Actor, answers: dict[str, Any]) -> None:
    services.set_rollout(
        config.flag,
        config.environment,
        answers["weights"],
        rule_id=answers["rule"] or None,
        version=answers["version"],
        actor=actor,
        comment=answers["comment"],
    )


def _roll_back(config: FlagConfig, actor: Actor, answers: dict[str, Any]) -> None:
    services.roll_back_config(
        config.flag,
        config.environment,
        to_version=int(answers["to_version"]),
        version=answers["version"],
        actor=actor,
        comment=answers["comment"],
    )


ACTIONS = (
    ServiceAction("turn_on", "flag.toggle", "Turn on", _set(True), applies_to=lambda config: not config.enabled),
    ServiceAction("turn_off", "flag.toggle", "Turn off", _set(False), applies_to=lambda config: config.enabled),
    ServiceAction(
        "kill",
        "flag.kill",
        "Kill",
        _kill,
        explains="Turns it off there at once, whatever else is pending: the off result is served.",
        is_dangerous=True,
        applies_to=lambda config: config.enabled,
    ),
    ServiceAction(
        "set_rollout",
        "flag.configure",
        "Set rollout",
        _roll_out,
        explains="The per cents must sum up to 100. The fewest people possible are moved.",
        form=RolloutForm,
        is_for_one=True,
    ),
    ServiceAction(
        "roll_back",
        "flag.roll_back",
        "Roll back",
        _roll_back,
        explains="The earlier state is saved as a new version, checked against today's variants, segments and flags.",
        form=RollBackForm,
        is_for_one=True,
    ),
)


@admin.register(FlagConfig, site=site)
class FlagConfigAdmin(WalledAdmin):
    """Rows are there where somebody ever changed something; the first change is made from the page of the flag."""

    page_route, page_names = "flags:flag", ("organization__slug", "flag__project__key", "flag__key", "environment__key")
    view_verb, change_verb = "flag.view", "flag.configure"
    form = StateForm
    list_display = ("title", "enabled", "version", "updated_by_name", "updated_at")
    list_filter = (OrganizationFilter, EnvironmentFilter, "enabled")
    search_fields = ("flag__key", "flag__name")
    ordering = ("flag__key", "environment__position", "id")
    add_fields = ("flag", "environment", *MEMBERS, "version")
    change_fields = (*MEMBERS, "version")
    view_fields = ("document",)
    info_fields = ("flag", "environment", "saved")
    service_actions = ACTIONS

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("flag__project", "environment", "organization")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Where, is said in the address that the page of the flag leads to."""
        place = self._place(request)
        return place is not None and self._may(request, self.change_verb, place[1])

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        place = self._place(request)
        if place is None:
            return {}
        flag, environment = place
        initial = state_initial(selectors.untouched(flag, environment))
        return initial | {"flag": flag.pk, "environment": environment.pk}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        place = self._place(request)
        if place is None:
            messages.info(request, "Choose a flag first; its page leads to its state in each environment.")
            return redirect("admin:flags_flag_changelist")
        existing = FlagConfig.objects.filter(flag=place[0], environment=place[1]).first()
        if existing is not None and request.method == "GET":
            return redirect(reverse("admin:flags_flagconfig_change", args=[existing.pk]))
        title = {"title": f"{place[0]} in {place[1]}"}
        answer: HttpResponse = super().add_view(request, form_url, (extra_context or {}) | title)
        return answer

    def _place(self, request: HttpRequest) -> tuple[Flag, Environment] | None:
        """The flag and the environment that the address names, if the actor sees both and they belong together."""
        actor = acting(request)
        flag = Flag.objects.visible_to(actor).filter(pk=request.GET.get("flag", "")).select_related("project").first()
        found = Environment.objects.visible_to(actor).filter(pk=request.GET.get("environment", "")).first()
        if flag is None or found is None or flag.project_id != found.project_id:
            return None
        return flag, found

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> services.Saved[FlagConfig]:
        body = {name: values[name] for name in MEMBERS} | {"off": values["off"] or None}
        flag = obj.flag if change else values["flag"]
        environment = obj.environment if change else values["environment"]
        how = {"version": values["version"], "actor": actor, "comment": values["comment"]}
        return services.put_config(flag, environment, body, **how)

    @admin.display(description="state", ordering="flag__key")
    def title(self, config: FlagConfig) -> str:
        return str(config)

    @admin.display(description="newest version")
    def saved(self, config: FlagConfig) -> str:
        return f"{config.version}, saved by {config.updated_by_name or 'the system'} at {config.updated_at:%Y-%m-%d %H:%M} UTC"

    @admin.display(description="state")
    def document(self, config: FlagConfig) -> SafeString:
        return pretty(documents.config_body(config))
