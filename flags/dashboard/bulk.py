"""Doing something to many flags: asked for what is missing, worked through a few at a time, and told flag by flag."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from flags.dashboard.bulk_forms import COMMAS, MOST_KEPT, Bulk
from flags.dashboard.switching import came_from
from flags.models import Flag
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.models import Project
from tenants.permissions import require
from tenants.refusals import REFUSALS, complaints_of

# What is asked for before it is known which of two acts it will be.
QUESTIONS = {"tag": "flag.edit", "owner": "flag.edit", "switch": "flag.toggle"}
DONE = "flagforge:done"


@project_page
@require_POST
def bulk(request: PageRequest, project: Project) -> HttpResponse:
    """Each flag goes through its own service, so one that refuses stops no other."""
    wanted = Bulk(request, project)
    if not wanted.progress.total:
        messages.info(request, "No flag is selected.")
        return _back(request, project)
    if wanted.act is None or wanted.is_missing_something or wanted.asks_for_a_yes:
        return _ask(request, wanted)
    wanted.check()
    flags, rest = wanted.next_flags()
    for flag in flags:
        _carry_out(wanted, flag)
    wanted.progress.done += len(flags)
    return _go_on(request, wanted, rest) if rest else _finish(request, wanted)


def _carry_out(wanted: Bulk, flag: Flag) -> None:
    owner, progress = flag.owner, wanted.progress
    try:
        changed = wanted.act is not None and wanted.act.carry_out(flag, wanted.given)
    except REFUSALS as refusal:
        said = " ".join(complaint.message for complaint in complaints_of(refusal))
        progress.failures.setdefault(said, []).append(flag.key)
        return
    if changed:
        progress.changed.append(flag.key)
        progress.was.add(owner.email if owner else "nobody")


def _ask(request: PageRequest, wanted: Bulk) -> HttpResponse:
    act = wanted.act
    question = wanted.get("act") if act is None else {"environment": "switch"}.get(act.asks, act.asks)
    if act is None and question not in QUESTIONS:
        messages.error(request, "That cannot be done to many flags.")
        return _back(request, wanted.project)
    if (
        not (act and act.asks == "environment") and question != "switch"
    ):  # an environment may give what the project does not
        require(request.actor, act.verb if act else QUESTIONS[question], wanted.project)
    context: dict[str, Any] = {
        "wanted": wanted,
        "question": "yes" if act and not wanted.is_missing_something else question,
        "hidden": [*wanted.selection, ("total", str(wanted.progress.total)), *_told(wanted)],
        "does": act.words(act.does, wanted.given) if act else "",
        "environments": wanted.request.shell.environments,
    }
    return _show(request, "question", context)


def _told(wanted: Bulk) -> list[tuple[str, str]]:
    """What was said already, where only a yes is missing."""
    if wanted.act is None or wanted.is_missing_something:
        return []
    return [(name, value) for name, value in wanted.told if name != "confirmed" and value]


def _go_on(request: PageRequest, wanted: Bulk, rest: list[tuple[str, str]]) -> HttpResponse:
    hidden = [("act", wanted.get("act")), *wanted.told, *rest, *wanted.progress.carried]
    return _show(request, "progress", {"wanted": wanted, "hidden": hidden})


def _finish(request: PageRequest, wanted: Bulk) -> HttpResponse:
    progress = wanted.progress
    _tell(request, wanted)
    if progress.failures:
        response = _show(request, "failures", {"wanted": wanted})
    elif request.htmx:
        response = show(request, "flags/_bulk_done.html")
    else:
        return _back(request, wanted.project)
    response["HX-Trigger"] = DONE
    return response


def _tell(request: PageRequest, wanted: Bulk) -> None:
    act, changed = wanted.act, wanted.progress.changed
    if act is None:
        return
    said = act.words(act.done, wanted.given)
    count = "1 flag is" if len(changed) == 1 else f"{len(changed):,} flags are"
    if not changed:
        if not wanted.progress.failures:
            messages.info(request, f"Nothing was different: {wanted.progress.total:,} selected, all {said} already.")
        return
    context = {"said": f"{count} {said}.", "undo": _undo(wanted), "token": get_token(request), "shell": request.shell}
    messages.success(request, render_to_string("flags/_bulk_told.html", context))


def _undo(wanted: Bulk) -> list[tuple[str, str]]:
    """The hidden inputs of what takes it back; none where one press could not."""
    act, progress, given = wanted.act, wanted.progress, wanted.given
    if act is None or len(progress.changed) > MOST_KEPT or (act.asks == "owner" and len(progress.was) != 1):
        return []
    known = [("tag", given.tag), ("environment", given.environment.key if given.environment else "")]
    undo = [
        ("act", act.back),
        ("keys", COMMAS.join(progress.changed)),
        *((name, value) for name, value in known if value),
    ]
    if act.asks == "owner":
        undo.append(("owner", next(iter(progress.was)).replace("nobody", "")))
    return [*undo, ("confirmed", given.environment.key if given.environment else "yes")]


def _show(request: PageRequest, part: str, context: dict[str, Any]) -> HttpResponse:
    template = "flags/_bulk_dialog.html" if request.htmx else "flags/bulk.html"
    return show(request, template, context | {"part": f"flags/_bulk_{part}.html"})


def _back(request: PageRequest, project: Project) -> HttpResponse:
    if request.htmx:
        return show(request, "flags/_bulk_done.html")
    return redirect(came_from(request) or reverse("flags:list", args=[project.organization.slug, project.key]))
