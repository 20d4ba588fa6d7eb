"""Every setting with its value and where that comes from, for whoever runs the installation, who may change some right here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from tenants import runtime, services, variables
from tenants.dashboard.doors import PageRequest, page, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.models import RuntimeSetting

OF_MAINTENANCE = ("maintenance", "maintenance_reason")
# Made once and kept in the data folder, unless the environment has them.
KEPT = {"FLAGFORGE_SECRET_KEY": "secret_key", "FLAGFORGE_ENVELOPE_KEY": "envelope_key"}


@dataclass(frozen=True, slots=True)
class Line:
    """What a process was started with. `value` is masked where it is a secret."""

    name: str
    value: str
    source: str
    meaning: str


class RuntimeForm(PageForm):
    """One field for each runtime setting; an empty one leaves it to the environment."""

    comment = comment_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, setting in _changeable().items():
            self.fields[name] = _field(setting)
        self.order_fields([*_changeable(), "comment"])

    def clean(self) -> dict[str, Any]:
        values = {name: self.cleaned_data.pop(name, "") for name in _changeable()}
        self.cleaned_data["values"] = {
            name: _changeable()[name].read(text) if text else None for name, text in values.items()
        }
        return self.cleaned_data


def _changeable() -> Mapping[str, runtime.Setting]:
    return {name: setting for name, setting in runtime.known().items() if name not in OF_MAINTENANCE}


def _field(setting: runtime.Setting) -> forms.Field:
    default = setting.default()
    words = f"{setting.meaning} The environment says {default:,}." if isinstance(default, int) else setting.meaning
    label = setting.name.replace("_", " ").replace(".", ": ").capitalize()
    if setting.kind == "choice":
        choices = [("", f"As the environment says ({default})"), *((word, word) for word in setting.choices)]
        return forms.ChoiceField(
            choices=choices, required=False, label=label, help_text=words, widget=forms.Select(attrs={"class": "input"})
        )
    widget = forms.TextInput(attrs={"class": "input", "inputmode": "numeric", "placeholder": f"{default:,}"})
    return forms.CharField(required=False, label=label, help_text=words, widget=widget)


@page
def configuration(request: PageRequest) -> HttpResponse:
    """Nobody else learns that it is there, whatever method they try."""
    if not request.actor.may_everything:
        raise Http404
    return _configuration(request)


@require_http_methods(["GET", "HEAD", "POST"])
def _configuration(request: PageRequest) -> HttpResponse:
    if "maintenance" in request.POST:
        return _switch(request)
    rows = {row.name: row for row in RuntimeSetting.objects.all()}
    form = RuntimeForm(typed(request), initial={name: row.value for name, row in rows.items()})

    def change(values: dict[str, Any], comment: str) -> object:
        given = {name: value for name, value in values.items() if value is not None or name in rows}
        kept = {name for name, row in rows.items() if row.is_from_file and given.get(name) == row.value}
        return services.change_runtime_settings(
            {name: value for name, value in given.items() if name not in kept}, actor=request.actor, comment=comment
        )

    if form.carried_out(request, change):
        messages.success(request, "Saved. It is in force everywhere within two seconds.")
        return redirect("system:configuration")
    context = {
        "form": form,
        "lines": lines(os.environ),
        "held": [_held(name, rows.get(name)) for name in runtime.known()],
        "is_in_maintenance": runtime.value("maintenance"),
    }
    return show(request, "evaluation/configuration.html", context, status=form.status)


def _switch(request: PageRequest) -> HttpResponse:
    begins = request.POST["maintenance"] == "on"
    reason = request.POST.get("reason", "").strip() or None
    values = {"maintenance": begins or None, "maintenance_reason": reason if begins else None}
    services.change_runtime_settings(values, actor=request.actor, comment=reason or "")
    words = "Nothing can be changed until maintenance ends." if begins else "Maintenance has ended."
    messages.success(request, words)
    return redirect("system:configuration")


def _held(name: str, row: RuntimeSetting | None) -> dict[str, Any]:
    """In force in this process."""
    source = "environment" if row is None else "file" if row.is_from_file else "run time"
    return {"name": name, "value": runtime.value(name), "source": source, "row": row}


def lines(environment: Mapping[str, str]) -> list[Line]:
    """Of every variable that the server reads."""
    known = [variable for variable in variables.known().values() if variable.is_of_server]
    return [_line(variable, environment.get(variable.name, "")) for variable in known]


def _line(variable: variables.Variable, given: str) -> Line:
    name, meaning = variable.name, variable.meaning
    if given:
        return Line(name, variables.shown(name, given), "environment", meaning)
    kept = settings.DATA / KEPT[name] if name in KEPT else None
    if kept is not None and kept.exists():
        return Line(name, variables.MASK, f"file {kept.name}", meaning)
    return Line(name, variable.default or "–", "default", meaning)
