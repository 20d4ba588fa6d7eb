"""The questions that an application asks. None of them raises, waits, or touches anything but memory."""

from typing import Any, Protocol

from ..core.model import MISSING, Answer
from .details import Details, details_of
from .serving import Asker

BOOLEAN, STRING, INTEGER, DOUBLE, OBJECT = (bool,), (str,), (int,), (float,), (dict, list)


class Source(Protocol):
    """What answers at this moment."""

    def answer(self, key: str, asker: Asker) -> Answer: ...

    def all(self, asker: Asker) -> list[Answer]: ...


class Evaluations:
    """`default` comes back wherever there is no value of the type that was asked for; the `…_details` say why.

    `context` is a mapping of attributes with a `targetingKey` (or `user_id`, `userId`), a `Context` made once for many
    questions, or None for nobody. Values of json flags are shared: treat them as frozen.
    """

    _source: Source

    def is_enabled(self, key: str, default: bool = False, context: Asker = None) -> bool:
        """The same as `boolean_value`."""
        value = self._source.answer(key, context).value
        return value if value is True or value is False else default

    def boolean_value(self, key: str, default: bool, context: Asker = None) -> bool:
        value = self._source.answer(key, context).value
        return value if value is True or value is False else default

    def string_value(self, key: str, default: str, context: Asker = None) -> str:
        value = self._source.answer(key, context).value
        return value if type(value) is str else default

    def integer_value(self, key: str, default: int, context: Asker = None) -> int:
        value = self._source.answer(key, context).value
        return value if type(value) is int else default

    def double_value(self, key: str, default: float, context: Asker = None) -> float:
        value = self._source.answer(key, context).value
        return value if type(value) is float else default

    def object_value(self, key: str, default: Any, context: Asker = None) -> Any:
        """The object or array of a json flag."""
        value = self._source.answer(key, context).value
        return value if type(value) in OBJECT else default

    def boolean_details(self, key: str, default: bool, context: Asker = None) -> Details[bool]:
        return details_of(self._source.answer(key, context), "boolean", BOOLEAN, default)

    def string_details(self, key: str, default: str, context: Asker = None) -> Details[str]:
        return details_of(self._source.answer(key, context), "string", STRING, default)

    def integer_details(self, key: str, default: int, context: Asker = None) -> Details[int]:
        return details_of(self._source.answer(key, context), "integer", INTEGER, default)

    def double_details(self, key: str, default: float, context: Asker = None) -> Details[float]:
        return details_of(self._source.answer(key, context), "double", DOUBLE, default)

    def object_details(self, key: str, default: Any, context: Asker = None) -> Details[Any]:
        return details_of(self._source.answer(key, context), "json", OBJECT, default)

    def all_flags(self, context: Asker = None) -> dict[str, Any]:
        """The value of every flag that has one for this context, by its key; not counted as asked. Empty on any trouble."""
        try:
            found = self._source.all(context)
        except Exception:
            return {}
        return {
            answer.key: answer.value for answer in found if answer.error_code is None and answer.value is not MISSING
        }
