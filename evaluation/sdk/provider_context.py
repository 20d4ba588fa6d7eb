"""OpenFeature's evaluation context as the attributes that rules look at."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from openfeature.evaluation_context import EvaluationContext

from ..core.context import TARGETING_KEY


def attributes_of(context: EvaluationContext | None) -> dict[str, object]:
    """The targeting key is `targetingKey`; datetimes are RFC 3339, those without an offset in UTC; sequences are lists."""
    if context is None:
        return {}
    attributes = {name: _plain(value) for name, value in context.attributes.items()}
    return attributes if context.targeting_key is None else {**attributes, TARGETING_KEY: context.targeting_key}


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return (value if value.utcoffset() is not None else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    return [_plain(element) for element in value] if isinstance(value, Sequence) else value
