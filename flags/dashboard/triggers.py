"""The triggers of a flag in one environment: listed, made (their address shown that once), revoked."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from flags import selectors, services
from flags.models import Flag, FlagTrigger
from flags.triggers import address_of
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, View, environment_page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.models import Environment
from tenants.permissions import allowed, require


class NewTrigger(PageForm):
    name = forms.CharField(max_length=100, help_text="What pulls it, as in “the deploy of the shop”.")
    action = forms.ChoiceField(choices=FlagTrigger.Action.choices, initial=FlagTrigger.Action.ON)
    variant = forms.ChoiceField(required=False, help_text="With “serve a variant” alone.")
    comment = comment_field()

    def __init__(self, *args: Any, flag: Flag, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        variant: Any = self.fields["variant"]
        variant.choices = [("", "None"), *((name, name) for name in flag.variants)]


def state_page(view: Callable[..., HttpResponse]) -> View:
    """`view(request, flag, environment, …)`, where the actor sees both."""

    @environment_page
    @wraps(view)
    def door(request: PageRequest, environment: Environment, flag: str, **names: Any) -> HttpResponse:
        found: Flag = seen(selectors.find_flag(environment.project, flag, request.actor))
        found.project = environment.project
        return view(request, found, environment, **names)

    return door


@state_page
def triggers(request: PageRequest, flag: Flag, environment: Environment) -> HttpResponse:
    """The answer to the form is the only page that ever shows the address."""
    state = selectors.untouched(flag, environment)
    if request.method == "POST":
        require(request.actor, "trigger.create", state)
    form = NewTrigger(typed(request), flag=flag)

    def create(**given: Any) -> tuple[FlagTrigger, str]:
        return services.create_trigger(flag, environment, **given, actor=request.actor)

    context: dict[str, Any] = {"flag": flag, "environment": environment}
    if form.carried_out(request, create):
        trigger, secret = form.outcome
        context |= {"trigger": trigger, "address": address_of(secret)}
        return show(request, "flags/trigger_made.html", context)
    context |= {
        "form": form,
        "triggers": selectors.triggers_of(request.actor, flag, environment).select_related("created_by"),
        "may_create": allowed(request.actor, "trigger.create", state) and flag.archived_at is None,
        "may_revoke": allowed(request.actor, "trigger.revoke", state),
        "may_view": allowed(request.actor, "trigger.view", state),
    }
    return show(request, "flags/triggers.html", context, status=form.status)


@state_page
def revoke_trigger(request: PageRequest, flag: Flag, environment: Environment, trigger: str) -> HttpResponse:
    found = seen(selectors.triggers_of(request.actor, flag, environment).filter(pk=trigger).first())
    require(request.actor, "trigger.revoke", found)
    form, back = Confirmation(typed(request)), address_of_list(flag, environment)

    def revoke(**given: Any) -> None:
        services.revoke_trigger(found, **given, actor=request.actor)

    if form.confirmed(request, revoke):
        messages.success(request, f"Revoked: {found.name}. Its address leads nowhere any more.")
        return redirect(back)
    context = {
        "form": form,
        "title": f"Revoke the trigger {found.name}?",
        "consequences": [
            "Whatever pulls it gets “nothing here” at once.",
            "It is for ever: a revoked trigger does not come back. Make another instead.",
        ],
        "back": back,
        "keep": "Keep it",
        "act": f"Revoke {found.name}",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


def address_of_list(flag: Flag, environment: Environment) -> str:
    project = environment.project
    return reverse("flags:triggers", args=[project.organization.slug, project.key, flag.key, environment.key])
