"""A project as a file: downloaded, and a file looked at and then brought into the project."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ParseError

from flags.carrying import Carried, Counts, bring_into, exported, refuse_too_many
from tenants.api.parsers import read_json
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.dashboard.forms import PageForm, comment_field
from tenants.models import Project
from tenants.permissions import require
from tenants.problems import Fault, Invalid

KINDS = ("environment", "segment", "flag", "state")


class Upload(PageForm):
    """The file, or what was read of it when the question was asked (`held`)."""

    file = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file."},
        help_text="As the download above, of this project or another one. At most 1 MB.",
        widget=forms.FileInput({"accept": ".json,application/json"}),
    )
    held = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    comment = comment_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("held")


@project_page
@require_safe
def export_project(request: PageRequest, project: Project) -> HttpResponse:
    text = json.dumps(exported(project, actor=request.actor), indent=2, ensure_ascii=False)
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{project.organization.slug}-{project.key}.json"'
    return answer


@project_page
def project_file(request: PageRequest, project: Project) -> HttpResponse:
    """What the file would do is shown first; with `held`, it was seen, and is done."""
    form = Upload(*((request.POST, request.FILES) if request.method == "POST" else ()))
    sure = bool(request.POST.get("held"))
    document: Any = None

    def bring(file: Any, held: str, comment: str) -> Carried:
        nonlocal document
        require(request.actor, "project.edit", project)
        document = _read(held.encode() if held else _content(file))
        refuse_too_many(document)
        return bring_into(project, document, actor=request.actor, comment=comment, dry_run=not sure)

    done = form.carried_out(request, bring, at="file")
    if done and sure:
        messages.success(request, f"Imported: {'; '.join(told(form.outcome)) or 'nothing was different'}.")
        return redirect("flags:project_file", project.organization.slug, project.key)
    context = {"form": form, "told": told(form.outcome), "held": _compact(document)} if done else {"form": form}
    return show(request, "flags/project_file.html", context, status=form.status)


def _content(file: Any) -> bytes:
    limit: int = settings.SDK_BODY_LIMIT
    if file.size > limit:
        raise Invalid(
            [Fault("file", f"it has {file.size:,} bytes, and may have {limit:,}; an operator imports larger ones")]
        )
    return bytes(file.read())


def _read(content: bytes) -> Any:
    try:
        return read_json(content)
    except ParseError as error:
        raise Invalid([Fault("file", str(error.detail).replace("The body", "It"))]) from None


def _compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def told(carried: Carried) -> list[str]:
    """As in "2 flags made, 1 changed, 40 left as they are"; what the file holds none of is left out."""
    lines = []
    for kind in KINDS:
        counts: Counts = getattr(carried, f"{kind}s")
        named = {"made": counts.made, "changed": counts.changed, "left as they are": counts.left}
        if parts := [(count, what) for what, count in named.items() if count]:
            (first, what), *rest = parts
            noun = kind if first == 1 else f"{kind}s"
            lines.append(", ".join([f"{first:,} {noun} {what}", *(f"{count:,} {what}" for count, what in rest)]))
    return lines
