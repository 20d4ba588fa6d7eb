"""Deleting: the key is typed first, so that nobody deletes the wrong one."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tenants.dashboard.doors import PageRequest, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.permissions import require


class Deletion(PageForm):
    key = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}))
    comment = comment_field()

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["key"].label = f"Type {expected} to confirm"

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if key != self.expected:
            raise forms.ValidationError(f"That is not {self.expected}. Nothing was deleted.")
        return key


def deletion(
    request: PageRequest,
    place: Any,
    *,
    key: str,
    verb: str,
    change: Callable[..., None],
    consequences: Sequence[str],
    back: Sequence[str],
    after: Sequence[str],
) -> HttpResponse:
    """The page that asks, and the deletion itself. `back` and `after` are names of routes with their arguments."""
    require(request.actor, verb, place)
    form = Deletion(typed(request), expected=key)

    def delete(key: str, comment: str) -> None:
        change(place, actor=request.actor, comment=comment)

    if form.carried_out(request, delete):
        messages.success(request, f"Deleted: {place}. It can come back until its time is over.")
        return redirect(*after)
    context = {
        "form": form,
        "place": place,
        "kind": place._meta.verbose_name,
        "consequences": consequences,
        "back": reverse(back[0], args=back[1:]),
    }
    return show(request, "tenants/delete.html", context, status=form.status)
