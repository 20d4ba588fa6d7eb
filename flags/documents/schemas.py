"""JSON Schema for the values of json flags: references inside the document only, patterns by RE2, bounded work."""

from collections.abc import Iterator
from typing import Any

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from evaluation.core.values import inside, quoted
from flags.documents.report import Report

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_PATTERN = 1_024
MOST_REFERENCES_FOLLOWED = 10_000
# Python's own regular expressions can take for ever, and these keywords have no RE2 in the library.
UNSUPPORTED = frozenset({"patternProperties", "unevaluatedProperties", "$dynamicRef"})
# What stands under these is a value, or schemas under names that anybody may choose.
VALUES = frozenset({"const", "enum", "default", "examples"})
NAMED_SCHEMAS = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})


class TooMuchWork(Exception):
    """The schema refers to itself without end, or doubles at every step."""


def check(schema: object, variants: dict[str, Any], report: Report) -> None:
    """Report what is wrong with the schema; if nothing is, what is wrong with the variants by it."""
    if not isinstance(schema, dict):
        report.add("json_schema", f"{quoted(schema)} is not a schema; write an object, or null for none")
        return
    _check_schema(schema, report)
    if report.is_clean:
        _check_values(schema, variants, report)


def _check_schema(schema: dict[str, Any], report: Report) -> None:
    for path, node in _schemas_in(schema, "json_schema"):
        for name in node:
            _check_keyword(name, node[name], inside(path, name), report)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        report.add(_path("json_schema", error), error.message[:500])


def _schemas_in(schema: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schema and every one inside it, with their paths."""
    if isinstance(schema, list):
        for index, each in enumerate(schema):
            yield from _schemas_in(each, inside(path, index))
    if not isinstance(schema, dict):
        return
    yield path, schema
    for name, value in schema.items():
        here = inside(path, name)
        if name in NAMED_SCHEMAS and isinstance(value, dict):
            for member, child in value.items():
                yield from _schemas_in(child, inside(here, member))
        elif name not in VALUES:
            yield from _schemas_in(value, here)


def _check_keyword(name: str, value: object, path: str, report: Report) -> None:
    if name in UNSUPPORTED:
        report.add(path, f"{name} is not supported here")
    elif name == "$ref" and isinstance(value, str) and not value.startswith("#"):
        report.add(
            path, f"{quoted(value)} leads elsewhere; a reference must stay inside the schema, such as #/$defs/name"
        )
    elif name == "$schema" and value != DIALECT:
        report.add(path, f"{quoted(value)} is not supported; leave it out or write {DIALECT}")
    elif name == "pattern" and isinstance(value, str):
        _check_pattern(value, path, report)


def _check_pattern(pattern: str, path: str, report: Report) -> None:
    if len(pattern) > LONGEST_PATTERN:
        report.add(path, f"{len(pattern)} characters; at most {LONGEST_PATTERN} are allowed")
        return
    try:
        _compiled(pattern)
    except re2.error as error:
        report.add(path, f"{quoted(pattern)} is no RE2 pattern: {error}")


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options=options)


def _check_values(schema: dict[str, Any], variants: dict[str, Any], report: Report) -> None:
    validator = _bounded()(schema, registry=Registry())
    try:
        for name, value in variants.items():
            for error in validator.iter_errors(value):
                report.add(_path(inside("variants", name), error), error.message[:500])
    except Unresolvable as error:
        report.add("json_schema", f"the reference {quoted('#' + error.ref.lstrip('#'))} leads nowhere")
    except (TooMuchWork, RecursionError):
        report.add("json_schema", "checking a value against this schema takes too long: its references have no end")


def _path(start: str, error: ValidationError | SchemaError) -> str:
    path = start
    for step in error.absolute_path:
        path = inside(path, step)
    return path


def _bounded() -> Any:
    """A validator that counts the references it follows, and asks RE2."""
    followed = 0
    plain_reference = Draft202012Validator.VALIDATORS["$ref"]

    def reference(validator: Any, ref: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        nonlocal followed
        followed += 1
        if followed > MOST_REFERENCES_FOLLOWED:
            raise TooMuchWork
        yield from plain_reference(validator, ref, instance, schema) or ()

    return extend(  # type: ignore[no-untyped-call]  # the library leaves it unannotated
        Draft202012Validator, {"$ref": reference, "pattern": _pattern}
    )


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield ValidationError(f"{quoted(instance)} does not match {quoted(pattern)}")
