"""The variants of a flag in a form: a row with name and value each, as many as are needed."""

import json
from typing import Any

from django import forms
from django.template.loader import render_to_string

from evaluation.core.values import InvalidDefinition, loads
from flags import documents
from flags.models import Flag

# As many rows at least, the empty ones to be filled; one of them is always empty, for where no script adds more.
FEWEST = 2
Rows = list[tuple[str, str]]


class VariantsInput(forms.Widget):
    """A row is a pair of texts; the script of the page adds rows. `value_type` is "" as long as it is being chosen."""

    value_type = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Rows:
        names, values = data.getlist(f"{name}_name"), data.getlist(f"{name}_value")
        rows = [(key.strip(), value.replace("\r\n", "\n")) for key, value in zip(names, values, strict=False)]
        return [row for row in rows if any(row)]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        rows: Rows = list(value or ())
        rows += [("", "")] * max(FEWEST - len(rows), 1)
        context = {"name": name, "rows": rows, "id": (attrs or {}).get("id"), "type": self.value_type}
        return render_to_string("flags/_variants.html", context)


class VariantsField(forms.Field):
    """Cleans to the rows; `document_of` makes variants of them as soon as the type is known."""

    widget = VariantsInput


def rows_of(flag: Flag) -> Rows:
    return [(name, _as_text(flag.value_type, value)) for name, value in documents.typed_variants(flag).items()]


def document_of(rows: Rows, value_type: str) -> dict[str, Any]:
    """Name → value, in the order of the rows. Raises ValidationError for what cannot be read at all."""
    faults = [f"{name}: this name is there twice." for name in {name for name, _ in rows} if _count(rows, name) > 1]
    document: dict[str, Any] = {}
    for name, text in rows:
        try:
            document[name] = text if value_type == Flag.ValueType.STRING else loads(text.strip())
        except (InvalidDefinition, ValueError) as error:
            faults.append(f"{name}: {_expected(value_type, text.strip(), error)}.")
    if faults:
        raise forms.ValidationError(faults)
    return document


def _expected(value_type: str, text: str, error: Exception) -> str:
    """Of JSON besides where it stops to be some: its line and column."""
    expected = EXPECTED[Flag.ValueType(value_type)]
    return f"{expected}; here: {error}" if value_type == Flag.ValueType.JSON and text else f"{expected}, not “{text}”"


EXPECTED = {
    Flag.ValueType.BOOLEAN: "write true or false",
    Flag.ValueType.INTEGER: "write a whole number, such as 20",
    Flag.ValueType.DOUBLE: "write a number, such as 7.5",
    Flag.ValueType.JSON: 'write JSON, such as {"dark": true}',
}


def _count(rows: Rows, name: str) -> int:
    return sum(each == name for each, _ in rows)


def _as_text(value_type: str, value: Any) -> str:
    """JSON is laid out for editing."""
    indent = 2 if value_type == Flag.ValueType.JSON else None
    return str(value) if value_type == Flag.ValueType.STRING else json.dumps(value, ensure_ascii=False, indent=indent)
