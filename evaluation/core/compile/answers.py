"""All the answers that one flag can give, each made once."""

from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from typing import Any

from ..model import MISSING, NOTHING, Answer, ErrorCode, Metadata, Reason
from ..values import quoted
from ..variants import VALUE_TYPES, typed
from .segments import version
from .unreadable import Unreadable


class Answers:
    """Makes the answers of one flag; raises Unreadable for a type or variants that it does not understand."""

    def __init__(self, key: str, document: Mapping[str, Any]) -> None:
        self.key = key
        self.value_type = _value_type(document)
        self.version = version(document)
        self._values = _values(document, self.value_type)
        self._metadata = _metadata(document)
        self._made: dict[tuple[object, ...], Answer] = {}
        self._with_marks: dict[tuple[object, ...], Metadata] = {}

    def serving(self, variant: object, reason: Reason, **marks: str | bool) -> Answer:
        """The answer with a variant's value; `marks` go into the metadata."""
        if not isinstance(variant, str) or variant not in self._values:
            raise Unreadable(f"the flag has no variant {quoted(variant)}")
        return self._answer(variant, self._values[variant], reason, None, None, marks)

    def nothing(self, reason: Reason, **marks: str | bool) -> Answer:
        """The answer that leaves the application its own default."""
        return self._answer("", MISSING, reason, None, None, marks)

    def error(self, code: ErrorCode, details: str) -> Answer:
        return self._answer("", MISSING, None, code, details, {})

    def _answer(
        self,
        variant: str,
        value: object,
        reason: Reason | None,
        code: ErrorCode | None,
        details: str | None,
        marks: Mapping[str, str | bool],
    ) -> Answer:
        identity = (variant, reason, code, details, *marks.items())
        if identity not in self._made:
            self._made[identity] = Answer(
                key=self.key,
                value=value,
                variant=intern(variant),
                reason=reason,
                error_code=code,
                error_details=details,
                version=self.version,
                metadata=self._marked(marks),
                value_type=self.value_type,
            )
        return self._made[identity]

    def _marked(self, marks: Mapping[str, str | bool]) -> Metadata:
        """The flag's metadata with these marks, the same object for the same marks."""
        if not marks:
            return self._metadata
        if not self._metadata:
            return _marks_alone(tuple(marks.items()))
        return self._with_marks.setdefault(tuple(marks.items()), {**self._metadata, **marks})


@lru_cache(maxsize=4096)
def _marks_alone(marks: tuple[tuple[str, str | bool], ...]) -> Metadata:
    """That of a flag without metadata of its own. Many flags have rules of the same ids, and all disabled ones say so."""
    return dict(marks)


def unreadable_answer(key: str, value_type: str, flag_version: int, why: str) -> Answer:
    """PARSE_ERROR for a flag of which nothing else can be taken for granted."""
    return Answer(
        key=key,
        value=MISSING,
        variant="",
        reason=None,
        error_code="PARSE_ERROR",
        error_details=why,
        version=flag_version,
        metadata={},
        value_type=value_type,
    )


def _value_type(document: Mapping[str, Any]) -> str:
    value_type = document.get("type")
    if not isinstance(value_type, str) or value_type not in VALUE_TYPES:
        raise Unreadable(f"the type {quoted(value_type)} is not known here")
    return value_type


def _values(document: Mapping[str, Any], value_type: str) -> dict[str, object]:
    variants = document.get("variants")
    if not isinstance(variants, dict):
        raise Unreadable("the flag has no variants")
    try:
        return {name: typed(value_type, value) for name, value in variants.items()}
    except ValueError as error:
        raise Unreadable(f"variants: {error}") from None


def _metadata(document: Mapping[str, Any]) -> Metadata:
    metadata = document.get("metadata", {})
    if not isinstance(metadata, dict) or not all(
        isinstance(value, bool | str | int | float) for value in metadata.values()
    ):
        raise Unreadable("metadata is not a flat object of booleans, strings and numbers")
    return metadata or NOTHING
