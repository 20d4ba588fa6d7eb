"""Asking the database for the elements of a JSON list."""

from typing import Any

from django.db.models import BooleanField, F, Func, IntegerField, TextField, Value


class HasElement(Func):
    """Whether a JSON list holds a text."""

    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s))"
        return super().as_sql(compiler, connection, template=template, arg_joiner=") WHERE json_each.value = (")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, function="jsonb_exists")


class HasElementWith(Func):
    """Whether an element of a JSON list contains a text, whatever the case."""

    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s ESCAPE '\\')"
        return super().as_sql(compiler, connection, template=template, arg_joiner=") WHERE json_each.value LIKE ")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "EXISTS (SELECT 1 FROM jsonb_array_elements_text(%(expressions)s)"
        return super().as_sql(compiler, connection, template=template, arg_joiner=") AS element WHERE element ILIKE ")


def holds(column: str, text: str) -> HasElement:
    return HasElement(F(column), Value(text, output_field=TextField()))


def holds_some_with(column: str, part: str) -> HasElementWith:
    pattern = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return HasElementWith(F(column), Value(f"%{pattern}%", output_field=TextField()))


class ElementCount(Func):
    """How many elements a JSON list has."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, function="json_array_length")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, function="jsonb_array_length")
