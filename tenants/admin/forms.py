"""Forms whose values go to a service: they check the shape of what was typed, the service all the rest."""

import json
from typing import Any, ClassVar

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from tenants.actors import Actor
from tenants.changes import LONGEST_COMMENT
from tenants.problems import Conflict
from tenants.refusals import complaints_of


def text_field(**options: Any) -> forms.CharField:
    options.setdefault("widget", UnfoldAdminTextInputWidget())
    return forms.CharField(**options)


def long_text_field(*, rows: int = 3, is_code: bool = False, **options: Any) -> forms.CharField:
    return forms.CharField(widget=text_area(rows=rows, is_code=is_code), **options)


def text_area(*, rows: int, is_code: bool = False) -> Any:
    classes = {"class": "font-mono", "spellcheck": "false"} if is_code else {}
    return UnfoldAdminTextareaWidget(attrs={"rows": rows, **classes})


def comment_field() -> forms.CharField:
    help_text = "Why? It stands in the history and in the audit log."
    return long_text_field(rows=2, required=False, max_length=LONGEST_COMMENT, help_text=help_text)


def choice_field(**options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(widget=UnfoldAdminSelectWidget(), **options)


def row_field(**options: Any) -> Any:
    """A choice among rows. Nothing can be chosen until a queryset is set, walled for the actor."""
    options.setdefault("widget", UnfoldAdminSelectWidget())
    options.setdefault("queryset", None)
    return forms.ModelChoiceField(**options)


def switch_field(**options: Any) -> forms.BooleanField:
    return forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget(), **options)


def number_field(**options: Any) -> forms.IntegerField:
    return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget(), **options)


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]  # one base for the forms of all models
    """A form on a row that never writes the row: `refusal` is what the service said to the values typed before."""

    actor: ClassVar[Actor]
    refusal: ClassVar[Exception | None] = None

    comment = comment_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django keeps every declared field, also those that this page does not show.
        self.fields = {name: field for name, field in self.fields.items() if name in (self._meta.fields or ())}
        if not self.instance._state.adding:
            self.initial = {**self.initial, **self.initial_of(self.instance)}
        self.wall(self.actor)
        if isinstance(self.refusal, Conflict):
            self._take_the_newest_version()

    def initial_of(self, thing: Any) -> dict[str, Any]:
        """What the fields show before anything was typed."""
        return {}

    def wall(self, actor: Actor) -> None:
        """Narrow the choices to what the actor may choose."""

    def offer(self, name: str, rows: Any) -> None:
        """What may be chosen in a `row_field`, where the form of this page has it."""
        field: Any = self.fields.get(name)
        if field is not None:
            field.queryset = rows

    def clean(self) -> dict[str, Any]:
        if self.refusal is not None:
            self._complain(self.refusal)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Django would write the values into the row and check it; both is for the service to do."""

    def _complain(self, refusal: Exception) -> None:
        for complaint in complaints_of(refusal):
            is_shown = complaint.member in self.fields and not self.fields[complaint.member].widget.is_hidden
            self.add_error(complaint.member if is_shown else None, complaint.message)
        if isinstance(refusal, Conflict) and self._was_overtaken():
            self._show_what_was_saved_meanwhile()

    def _was_overtaken(self) -> bool:
        return bool(self._typed_version != self._newest_version)

    @property
    def _newest_version(self) -> str:
        return str(getattr(self.instance, "version", ""))

    def _take_the_newest_version(self) -> None:
        """So that saving again means: put mine over it, I have seen it."""
        name = self.add_prefix("version")
        self._typed_version = self.data.get(name, self._newest_version)
        data: Any = self.data  # a QueryDict
        self.data = data.copy()
        self.data[name] = self._newest_version  # type: ignore[index]  # a copy may be written

    def _show_what_was_saved_meanwhile(self) -> None:
        self.add_error(
            None, "What you typed is still here. Compare, then save once more to put yours over the newest version."
        )
        for name in self.changed_data:
            if name in self.initial and not self.fields[name].widget.is_hidden:
                saved = self.fields[name].prepare_value(self.initial[name])
                self.add_error(name, f"Now saved here: {shown(saved)}")


def shown(value: Any) -> str:
    if isinstance(value, str):
        return " ".join(value.split()) or "nothing"
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)
