"""A form field that holds JSON."""

import json
from typing import Any

from django import forms

from evaluation.core.values import InvalidDefinition, loads


class JsonField(forms.CharField):
    """JSON as text, read as strictly as at every other door; what cannot be read stays as it was typed."""

    def __init__(self, *, empty: Any = None, **options: Any) -> None:
        super().__init__(required=False, strip=True, **options)
        self.empty = empty

    def prepare_value(self, value: Any) -> Any:
        """What was typed is text already; what is stored is laid out for editing."""
        if isinstance(value, str):
            return value
        return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial).split() != (data or "").split())

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return self.empty
        try:
            return loads(text)
        except (InvalidDefinition, ValueError) as error:
            raise forms.ValidationError(f"This cannot be read: {error}.") from None

    def validate(self, value: Any) -> None:
        """What the JSON may say is for the service to judge."""

    def run_validators(self, value: Any) -> None:
        """Those of a text do not fit."""
