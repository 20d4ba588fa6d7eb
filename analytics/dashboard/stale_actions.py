"""What is done about stale flags: archived, one or several at once, brought back, kept; and when a flag is one."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from analytics.dashboard.stale import seen_findings
from analytics.stale.findings import look_at
from flags import services
from flags.dashboard.actions import flag_page, place_of
from flags.lifetimes import LONGEST, USUAL
from flags.lifetimes import stale_after as days_of
from flags.models import Flag
from flags.selectors import flags_of
from tenants.changes import LONGEST_COMMENT
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.models import Project
from tenants.permissions import require
from tenants.refusals import REFUSALS, complaints_of

# What one request may name.
MOST_AT_ONCE = 100
WORDS = {
    "unused": "Not evaluated for so many days",
    "unvarying": "Always one variant for so many days",
    "settled": "The same for everybody, unchanged for so many days",
}


@project_page
@require_POST
def archive(request: PageRequest, project: Project) -> HttpResponse:
    """Says first what happens; with `confirmed` it does. What is refused of some does not hold up the others."""
    require(request.actor, "flag.archive", project)
    flags = _chosen(request, project, archived=False)
    if not flags:
        messages.error(request, "Choose at least one flag that is not archived.")
        return _back_to_list(project)
    if request.POST.get("confirmed") != "yes":
        findings = seen_findings(request, look_at(project, flags, now=timezone.now()))
        return show(request, "analytics/archive_flags.html", {"findings": findings})
    comment = request.POST.get("comment", "") or "stale"
    done = _each(request, flags, lambda flag: services.archive_flag(flag, actor=request.actor, comment=comment))
    if done:
        button = '{} archived: {}. <button class="link" form="unarchive" name="flag" value="{}">Undo</button>'
        keys = ",".join(flag.key for flag in done)
        messages.success(request, format_html(button, _counted(done), ", ".join(flag.key for flag in done), keys))
    return _back_to_list(project)


@project_page
@require_POST
def unarchive(request: PageRequest, project: Project) -> HttpResponse:
    require(request.actor, "flag.archive", project)
    flags = _chosen(request, project, archived=True)
    done = _each(request, flags, lambda flag: services.unarchive_flag(flag, actor=request.actor, comment="undone"))
    if done:
        keys = ", ".join(flag.key for flag in done)
        messages.success(request, f"{_counted(done)} evaluated again, as before: {keys}.")
    return _back_to_list(project)


def _chosen(request: PageRequest, project: Project, *, archived: bool) -> list[Flag]:
    """Those whose keys were sent, each by itself or several in one text; `only` leaves out what else is ticked."""
    sent = request.POST.getlist("only") or request.POST.getlist("flag")
    keys = [key for text in sent for key in text.split(",")][:MOST_AT_ONCE]
    found = flags_of(project, request.actor, archived=archived).filter(key__in=[key for key in keys if "\0" not in key])
    return list(found)


def _each(request: PageRequest, flags: Sequence[Flag], change: Callable[[Flag], Any]) -> list[Flag]:
    """Those that were changed; why others were not stands in a message."""
    done = []
    for flag in flags:
        try:
            if change(flag).changed:
                done.append(flag)
        except REFUSALS as refusal:
            messages.error(request, " ".join(complaint.message for complaint in complaints_of(refusal)))
    return done


def _counted(flags: Sequence[Flag]) -> str:
    return "1 flag is" if len(flags) == 1 else f"{len(flags)} flags are"


def _back_to_list(project: Project) -> HttpResponse:
    return redirect("stale:list", project.organization.slug, project.key)


class Keeping(PageForm):
    reason = forms.CharField(
        max_length=LONGEST_COMMENT,
        label="Why it stays",
        widget=forms.TextInput(attrs={"placeholder": "For whoever asks in a year"}),
    )


@flag_page
def keep(request: PageRequest, flag: Flag) -> HttpResponse:
    require(request.actor, "flag.edit", flag)
    form = Keeping(typed(request))

    def change(reason: str) -> object:
        return services.keep_flag(flag, reason=reason, actor=request.actor)

    if form.carried_out(request, change):
        messages.success(request, f"{flag.key} stays: it is never stale.")
        return redirect("stale:flag", *place_of(flag), flag.key)
    return show(request, "analytics/keep_flag.html", {"form": form, "flag": flag}, status=form.status)


@flag_page
@require_POST
def stop_keeping(request: PageRequest, flag: Flag) -> HttpResponse:
    services.stop_keeping_flag(flag, actor=request.actor)
    messages.success(request, f"{flag.key} may become stale again.")
    return redirect("stale:flag", *place_of(flag), flag.key)


def _days(name: str) -> forms.IntegerField:
    label = WORDS.get(name, f"Days that {name} flags are expected to live")
    return forms.IntegerField(label=label, min_value=0, max_value=LONGEST)


# A number of days for each kind of evidence, and for each kind of flag.
Days = type("Days", (PageForm,), {name: _days(name) for name in USUAL} | {"comment": comment_field()})


@project_page
def stale_after(request: PageRequest, project: Project) -> HttpResponse:
    require(request.actor, "project.edit", project)
    form = Days(typed(request), initial=days_of(project))

    def change(comment: str, **days: int) -> object:
        own = {name: number for name, number in days.items() if number != USUAL[name]}
        return services.set_stale_after(project, own, actor=request.actor, comment=comment)

    if form.carried_out(request, change):
        messages.success(request, "Saved.")
        return _back_to_list(project)
    return show(request, "analytics/stale_after.html", {"form": form}, status=form.status)
