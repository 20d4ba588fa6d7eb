"""Pages that ask before something ends: what follows, a word to type where it cannot be undone, and why."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from tenants.dashboard.forms import PageForm, comment_field


class Confirmation(PageForm):
    """`expected` is what to type; "" where asking is enough."""

    typed = forms.CharField(max_length=254, widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}))
    comment = comment_field()

    def __init__(self, *args: Any, expected: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["typed"].label = f"Type {expected} to confirm"
        if not expected:
            del self.fields["typed"]

    def clean_typed(self) -> str:
        word: str = self.cleaned_data["typed"]
        if word != self.expected:
            raise forms.ValidationError(f"That is not {self.expected}. Nothing was changed.")
        return word

    def confirmed(self, request: HttpRequest, change: Callable[..., object]) -> bool:
        """As `carried_out`, without the word that was typed."""

        def without_word(**given: Any) -> object:
            given.pop("typed", None)
            return change(**given)

        return self.carried_out(request, without_word)


def shortened(lines: Sequence[str], most: int = 20) -> list[str]:
    """Enough of them to know."""
    return [*lines[:most], *([f"and {len(lines) - most} more"] if len(lines) > most else [])]
