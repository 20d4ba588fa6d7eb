"""Watching a flag from its page, and the address at which one click ends the mails."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from flags import services
from flags.dashboard.actions import flag_page, place_of
from flags.models import Flag
from flags.watching.stopping import person_of
from flags.watching.watchers import watching
from tenants import services as tenant_services
from tenants.acting import acting_as
from tenants.dashboard.doors import PageRequest, seen, show
from tenants.dashboard.forms import PageForm, typed
from tenants.models import Environment, WatchMail

WHERE = {"everywhere": "In all environments, also those that come later", "some": "In these alone"}


class Choosing(PageForm):
    where = forms.ChoiceField(label="Where", choices=list(WHERE.items()), widget=forms.RadioSelect)
    environments = forms.MultipleChoiceField(required=False, label="Environments", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, offered: list[Environment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["where"].widget.attrs["class"] = "check"
        self.offered = {environment.pk: environment for environment in offered}
        self.fields["environments"].choices = [(each.pk, each.name) for each in offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if given.get("where") == "some" and not given.get("environments"):
            self.add_error("environments", "Choose at least one, or watch it in all.")
        return given


@flag_page
@require_http_methods(["GET", "HEAD", "POST"])
def watch(request: PageRequest, flag: Flag) -> HttpResponse:
    """The page where one chooses environments; the button on the flag's page sends `watching` and no more."""
    user = seen(request.actor.user)
    if "watching" in request.POST:
        return _at_once(request, flag, is_on=request.POST["watching"] == "yes")
    how, offered = watching(flag, user), request.shell.environments
    initial = {"where": "some" if how.environments else "everywhere", "environments": how.environments}
    form = Choosing(typed(request), initial=initial, offered=offered)

    def choose(where: str, environments: list[str]) -> None:
        chosen = [form.offered[pk] for pk in environments] if where == "some" else []
        services.watch_flag(flag, environments=chosen, actor=request.actor)

    if form.carried_out(request, choose):
        messages.success(request, f"You watch {flag.key}. {_comes(user)}")
        return redirect("flags:anywhere", *place_of(flag), flag.key)
    context = {"form": form, "flag": flag, "how": how, "comes": _comes(user)}
    return show(request, "flags/watch.html", context, status=form.status)


def _at_once(request: PageRequest, flag: Flag, *, is_on: bool) -> HttpResponse:
    if is_on:
        services.watch_flag(flag, actor=request.actor)
        messages.success(request, f"You watch {flag.key}. {_comes(seen(request.actor.user))}")
    else:
        services.unwatch_flag(flag, actor=request.actor)
        messages.success(request, f"You watch {flag.key} no more.")
    if request.htmx:
        context = {"flag": flag, "watching": watching(flag, seen(request.actor.user))}
        return show(request, "flags/_watched.html", context)
    return redirect("flags:anywhere", *place_of(flag), flag.key)


def _comes(user: Any) -> str:
    """How what others do to it is told."""
    hour = f"{user.digest_hour:02}:00, {user.time_zone}"
    return {
        WatchMail.AT_ONCE: "What others do to it comes by mail, within two minutes.",
        WatchMail.DAILY: f"What others do to it comes in one mail a day, at {hour}.",
        WatchMail.WEEKLY: f"What others do to it comes in one mail a week, at {hour}.",
        WatchMail.NEVER: "You chose to get no mails about it.",
    }[WatchMail(user.hears_of_watched_flags)]


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_watching_mails(request: HttpRequest, secret: str) -> HttpResponse:
    """For whoever has the link of a mail, signed in or not. A mailbox sends the form by itself and knows no cookies.

    Opening it changes nothing: programs that look at mails open links.
    """
    person = seen(person_of(secret))
    if request.method == "POST":
        actor = acting_as(person, request)
        tenant_services.choose_notices(person, watched_flags=WatchMail.NEVER, actor=actor)
    return render(request, "flags/stop_watching_mails.html", {"person": person, "is_done": request.method == "POST"})
