"""Segments: named groups of people, who is in them, and which flags ask for them."""

from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from flags import references, selectors, services
from flags.dashboard.actions import place_of
from flags.dashboard.drafts.values import as_keys, read_keys
from flags.dashboard.versions import VersionedForm, saved_since
from flags.language import parse_membership, print_membership
from flags.models import Segment
from tenants.dashboard.deletions import deletion
from tenants.dashboard.doors import PageRequest, View, project_page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, key_field, typed
from tenants.dashboard.paging import Paged
from tenants.models import Project
from tenants.past import entries_of
from tenants.permissions import allowed, require

KEYS = "Targeting keys, one a line or with commas between them."
MATCHES = 'One a line: whoever fits any of them is in. Such as: match country in ["IN", "LK"] and not segment "staff"'


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "class": "mono", "spellcheck": "false"})


class SegmentForm(PageForm):
    name = forms.CharField(max_length=200)
    rules = forms.CharField(required=False, label="Who fits", help_text=MATCHES, widget=text_area(4))
    included = forms.CharField(required=False, label="Always in", help_text=KEYS, widget=text_area(3))
    excluded = forms.CharField(
        required=False, label="Never in", help_text="They stay out, whatever else holds.", widget=text_area(3)
    )
    comment = comment_field()

    def clean_included(self) -> list[str]:
        return read_keys(self.cleaned_data["included"])

    def clean_excluded(self) -> list[str]:
        return read_keys(self.cleaned_data["excluded"])

    def clean_rules(self) -> list[Any]:
        parsed = parse_membership(self.cleaned_data["rules"])
        if parsed.body is None:
            raise forms.ValidationError(
                [f"Line {fault.line}, column {fault.column}: {fault.message}" for fault in parsed.faults]
            )
        if parsed.body["included"] or parsed.body["excluded"]:
            raise forms.ValidationError("Write single people into the fields below, without include and exclude.")
        rules: list[Any] = parsed.body["rules"]
        return rules


class NewSegment(SegmentForm):
    key = key_field("Key", "name", help_text="What rules name it by. It stays for ever.")
    field_order = ("name", "key")


class SegmentEdition(SegmentForm, VersionedForm):
    """Of one that there is."""


def segment_page(view: Any) -> View:
    """`view(request, segment)`, where the actor sees the segment that the address names."""

    @project_page
    @wraps(view)
    def door(request: PageRequest, project: Project, segment: str) -> HttpResponse:
        answer: HttpResponse = view(request, seen(selectors.find_segment(project, segment, request.actor)))
        return answer

    return door


@project_page
@require_safe
def segment_list(request: PageRequest, project: Project) -> HttpResponse:
    may_delete = allowed(request.actor, "segment.delete", project)
    used = references.flags_by_segment(project)
    paged = Paged.of(selectors.segments_counted(project, request.actor), request)
    context = {
        "paged": paged,
        "segments": [(segment, used.get(segment.key, 0)) for segment in paged],
        "deleted": selectors.deleted_segments(project) if may_delete else [],
    }
    return show(request, "flags/segments.html", context)


@project_page
def new_segment(request: PageRequest, project: Project) -> HttpResponse:
    require(request.actor, "segment.create", project)
    form = NewSegment(typed(request))

    def create(comment: str, **body: Any) -> Any:
        return services.create_segment(project, body, actor=request.actor, comment=comment)

    if form.carried_out(request, create, at="key"):
        made = form.outcome.thing
        messages.success(request, f"Made: {made.key}. Rules can ask for it now.")
        return redirect("flags:segment", *place_of(made), made.key)
    return show(request, "flags/new_segment.html", {"form": form}, status=form.status)


@segment_page
def segment(request: PageRequest, segment: Segment) -> HttpResponse:
    form = SegmentEdition(typed(request), initial=initial_of(segment))

    def edit(version: int, comment: str, **body: Any) -> Any:
        return services.edit_segment(segment, body, version=version, actor=request.actor, comment=comment)

    if form.carried_out(request, edit):
        messages.success(request, f"Saved: {segment.key}." if form.outcome.changed else "Nothing was different.")
        return redirect("flags:segment", *place_of(segment), segment.key)
    entries = entries_of(segment)
    context = {
        "form": form,
        "segment": segment,
        "entries": entries,
        "theirs": saved_since(form, segment.version, entries),
        "roll_back": _address_to_roll_back(request, segment),
        "configs": list(references.configs_naming(segment.project, "segment", segment.key)),
        "segments": references.segments_naming(segment.project, segment.key),
        "seen": {environment.pk for environment in request.shell.environments},
    }
    return show(request, "flags/segment.html", context, status=form.status)


def _address_to_roll_back(request: PageRequest, segment: Segment) -> str:
    may = allowed(request.actor, "segment.edit", segment)
    return reverse("flags:roll_back_segment", args=[*place_of(segment), segment.key]) if may else ""


def initial_of(segment: Segment) -> dict[str, Any]:
    return {
        "name": segment.name,
        "rules": print_membership({"included": [], "excluded": [], "rules": segment.rules}),
        "included": as_keys(segment.included),
        "excluded": as_keys(segment.excluded),
        "version": segment.version,
    }


@segment_page
def delete(request: PageRequest, segment: Segment) -> HttpResponse:
    return deletion(
        request,
        segment,
        key=segment.key,
        verb="segment.delete",
        change=services.delete_segment,
        consequences=[
            "No rule can ask for it any more.",
            f"Its key stays taken: nobody can make another {segment.key}.",
        ],
        back=("flags:segment", *place_of(segment), segment.key),
        after=("flags:segments", *place_of(segment)),
    )


@project_page
@require_POST
def undelete(request: PageRequest, project: Project, segment: str) -> HttpResponse:
    found = seen(selectors.find_deleted(Segment, project, segment, request.actor))
    services.undelete_segment(found, actor=request.actor)
    messages.success(request, f"{found.key} is back, as it was.")
    return redirect("flags:segments", *place_of(found))
