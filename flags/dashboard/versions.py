"""Forms over what others may save meanwhile: a conflict keeps what was typed, and shows what they saved."""

from collections.abc import Sequence
from typing import Any

from django import forms

from tenants.dashboard.forms import PageForm
from tenants.past import Entry


class VersionedForm(PageForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def edited_version(self) -> int | None:
        """The one that was typed over; None where nobody can tell."""
        self.is_valid()  # cleans what came back after a login as well
        return self.cleaned_data.get("version")

    def go_on_from(self, version: int) -> None:
        """What was typed is to be saved over this version next time."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        data["version"] = str(version)
        self.data = data


def saved_since(form: VersionedForm, newest: int, entries: Sequence[Entry]) -> list[Entry]:
    """What others saved since the version that was typed over. The form goes on from the newest, with all that was typed."""
    since = form.edited_version if form.is_bound else None
    if since is None or since == newest:
        return []
    form.go_on_from(newest)
    return [entry for entry in entries if entry.version and entry.version > since]
