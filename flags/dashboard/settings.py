"""What is the same about a flag in all environments: edited, compared with what others saved meanwhile, and its history."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from flags import services
from flags.dashboard.actions import flag_page, place_of
from flags.dashboard.flag_forms import FlagSettings
from flags.dashboard.variants import rows_of
from flags.dashboard.versions import saved_since
from flags.models import Flag
from tenants.dashboard.doors import PageRequest, show
from tenants.dashboard.forms import typed
from tenants.models import User
from tenants.past import Change, Entry, entries_of
from tenants.permissions import allowed

TEXTS = ("name", "description", "kind", "tags", "is_permanent", "client_visible", "metadata", "json_schema", "version")


@flag_page
def settings(request: PageRequest, flag: Flag) -> HttpResponse:
    form = FlagSettings(typed(request), project=flag.project, actor=request.actor, flag=flag, initial=initial_of(flag))

    def edit(version: int, comment: str, **given: Any) -> Any:
        return services.edit_flag(flag, form.body(given), version=version, actor=request.actor, comment=comment)

    if form.carried_out(request, edit):
        messages.success(request, f"Saved: {flag.key}." if form.outcome.changed else "Nothing was different.")
        for warning in form.outcome.warnings:
            messages.warning(request, warning)
        return redirect("flags:settings", *place_of(flag), flag.key)
    entries = history_of(flag)
    context = {
        "form": form,
        "flag": flag,
        "entries": entries,
        "theirs": saved_since(form, flag.version, entries),
        "roll_back": address_to_roll_back(request, flag),
        "may_edit": allowed(request.actor, "flag.edit", flag.project),
    }
    return show(request, "flags/flag_settings.html", context, status=form.status)


def address_to_roll_back(request: PageRequest, flag: Flag) -> str:
    """ "" for whoever may not."""
    may = allowed(request.actor, "flag.roll_back", flag)
    return reverse("flags:roll_back_flag", args=[*place_of(flag), flag.key]) if may else ""


def initial_of(flag: Flag) -> dict[str, Any]:
    kept = {name: getattr(flag, name) for name in TEXTS}
    return kept | {"variants": rows_of(flag), "owner": flag.owner.email if flag.owner else ""}


def history_of(flag: Flag) -> list[Entry]:
    """With the owners' names in the place of their ids."""
    entries = entries_of(flag)
    ids = {
        pk
        for entry in entries
        for change in entry.changes
        if change.field == "owner"
        for pk in (change.before, change.after)
    }
    names = {user.pk: str(user) for user in User.with_deleted.filter(pk__in=ids)} if ids else {}
    return [replace(entry, changes=tuple(_named(change, names) for change in entry.changes)) for entry in entries]


def _named(change: Change, names: Mapping[str, str]) -> Change:
    if change.field != "owner":
        return change
    return replace(change, before=names.get(change.before, change.before), after=names.get(change.after, change.after))
