"""Forms of the pages: they check the shape of what was typed, the services all the rest."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest

from tenants.changes import LONGEST_COMMENT
from tenants.dashboard.doors import PageRequest
from tenants.dashboard.signing_in import unsent
from tenants.problems import Conflict, Invalid, TooMany
from tenants.refusals import complaints_of


def typed(request: PageRequest) -> Any:
    """What was typed into the form: sent now, or before the session ended; None when nothing was."""
    return request.POST if request.method == "POST" else unsent(request)


def look_of(widget: forms.Widget) -> str:
    """The classes of an input: how it looks, and what else it is."""
    look = "check" if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple) else "input"
    return " ".join(dict.fromkeys([look, *widget.attrs.get("class", "").split()]))


class PageForm(forms.Form):
    """Fields in the look of the pages. What a service refuses stands at its field, and what was typed stays."""

    outcome: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = look_of(field.widget)

    def refuse(self, refusal: Exception, *, at: str | None = None) -> None:
        """`at` is the field that a conflict is about."""
        for complaint in complaints_of(refusal):
            self.add_error(complaint.member if complaint.member in self.fields else at, complaint.message)

    def carried_out(self, request: HttpRequest, change: Callable[..., object], *, at: str | None = None) -> bool:
        """Whether the form was sent now, was right, and the change of that name happened; `outcome` is what it gave back."""
        if request.method != "POST" or not self.is_valid():
            return False
        try:
            self.outcome = change(**self.cleaned_data)
        except (Invalid, Conflict, TooMany, ObjectDoesNotExist) as refusal:
            self.refuse(refusal, at=at)
        return not self.errors

    @property
    def status(self) -> int:
        """Of the page that shows the form."""
        return 422 if self.is_bound and self.errors else 200


class WordsField(forms.CharField):
    """A list of words, written with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))

    def to_python(self, value: Any) -> Any:
        words = (word.strip() for word in (super().to_python(value) or "").split(","))
        return [word for word in words if word]

    def run_validators(self, value: Any) -> None:
        """Those of a text do not fit."""


def key_field(label: str, of: str, **options: Any) -> forms.CharField:
    """A key or slug; where scripts run it follows what is typed into the field `of`, until somebody changes it."""
    widget = forms.TextInput(attrs={"class": "mono", "data-follows": of, "spellcheck": "false", "autocomplete": "off"})
    return forms.CharField(max_length=63, label=label, widget=widget, **options)


def comment_field(**options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": "Why? It stands in the history."})
    return forms.CharField(required=False, max_length=LONGEST_COMMENT, label="Comment", widget=widget, **options)
