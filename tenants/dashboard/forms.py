"""Forms of the pages: they check the shape of what was typed, the services all the rest."""

from typing import Any

from django import forms

from tenants.changes import LONGEST_COMMENT
from tenants.dashboard.doors import PageRequest
from tenants.dashboard.signing_in import unsent
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for bound in self:
            bound.field.widget.attrs["class"] = look_of(bound.field.widget)

    def refuse(self, refusal: Exception) -> None:
        for complaint in complaints_of(refusal):
            self.add_error(complaint.member if complaint.member in self.fields else None, complaint.message)


def comment_field(**options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": "Why? It stands in the history."})
    return forms.CharField(required=False, max_length=LONGEST_COMMENT, label="Comment", widget=widget, **options)
