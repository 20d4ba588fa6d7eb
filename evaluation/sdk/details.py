"""What an evaluation came to, in OpenFeature's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ..core.model import MISSING, NOTHING, Answer

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Details(Generic[Value]):
    """`value` is what the application uses: the flag's, or the default that it gave.

    `variant` is "" where the default is used. `reason` is one of STATIC, DEFAULT, TARGETING_MATCH, SPLIT, DISABLED, STALE
    (as the others, of rules that nobody confirmed lately) and ERROR; with ERROR, `error_code` and `error_message` say why.
    `version` is the flag's, 0 for an unknown flag. Metadata is shared: treat it as frozen.
    """

    key: str
    value: Value
    variant: str
    reason: str
    error_code: str | None = None
    error_message: str | None = None
    version: int = 0
    metadata: Mapping[str, bool | str | float] = field(default_factory=lambda: NOTHING)


def details_of(answer: Answer, wanted: str, kinds: tuple[type, ...], default: Value) -> Details[Value]:
    """`wanted` names the type that was asked for, `kinds` are the Python types that it is held in."""
    if answer.error_code is not None:
        return _failed(answer, default, answer.error_code, answer.error_details or "")
    if answer.value is MISSING:
        return Details(answer.key, default, "", answer.reason or "", None, None, answer.version, answer.metadata)
    if type(answer.value) not in kinds:
        said = f"the flag is a {answer.value_type or type(answer.value).__name__}, and a {wanted} was asked for"
        return _failed(answer, default, "TYPE_MISMATCH", said)
    value: Value = answer.value  # type: ignore[assignment]  # its type was looked at
    return Details(answer.key, value, answer.variant, answer.reason or "", None, None, answer.version, answer.metadata)


def _failed(answer: Answer, default: Value, code: str, message: str) -> Details[Value]:
    return Details(answer.key, default, "", "ERROR", code, message, answer.version, answer.metadata)
