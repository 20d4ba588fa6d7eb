"""Values that a developer wants here, whatever the rules say: told in the log, and marked in every answer."""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from ..core.model import Answer
from ..core.variants import typed
from .evaluations import Source
from .serving import Asker, Serving

VARIABLE = "FLAGFORGE_OVERRIDES"
REASON, VARIANT, MARK = "OVERRIDE", "override", "override"
Origin = Literal["file", "environment", "call"]
_TYPES = {bool: "boolean", str: "string", int: "integer", float: "double", dict: "json", list: "json"}

log = logging.getLogger(__name__)


class Override:
    """The value of one flag until it is removed, at the latest by the end of a `with` block."""

    def __init__(self, key: str, value: object, origin: Origin, remove: Callable[["Override"], object]) -> None:
        self.key, self.value, self.origin, self._remove = key, value, origin, remove

    def remove(self) -> None:
        self._remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.remove()

    def answer(self, source: Source) -> Answer:
        """As the flag gives it; raises ValueError for a value of another type than the flag's, where there is the flag."""
        value, kind = _typed(self.value, _type_of_flag(source, self.key))
        marks = {MARK: self.origin}
        return Answer(self.key, value, VARIANT, REASON, None, None, 0, marks, kind)  # type: ignore[arg-type]  # a reason of our own


class Overridden:
    """A source in which some flags have the value that somebody here wants; a flag that asks for them sees the rules'."""

    def __init__(self, beneath: Source, answers: Mapping[str, Answer]) -> None:
        self._beneath, self._answers = beneath, answers

    def answer(self, key: str, asker: Asker) -> Answer:
        """Never raises, whatever it is given."""
        try:
            return self._answers[key]
        except (KeyError, TypeError):
            return self._beneath.answer(key, asker)

    def all(self, asker: Asker) -> list[Answer]:
        everyone = {**{answer.key: answer for answer in self._beneath.all(asker)}, **self._answers}
        return [everyone[key] for key in sorted(everyone)]


class Overrides:
    """Of one flag the last that was made counts; what is removed brings the one before back."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Override, ...]] = {}
        self._said: set[str] = set()
        self._refused: set[Override] = set()

    @property
    def values(self) -> dict[str, Any]:
        return {key: made[-1].value for key, made in self._made.items()}

    def add(self, made: Iterable[Override]) -> None:
        """Each flag is told of once, however often it is overridden."""
        new = [override for override in made if override.key not in self._said]
        for override in made:
            self._made = {**self._made, override.key: (*self._made.get(override.key, ()), override)}
        self._said.update(override.key for override in new)
        if new:
            said = ", ".join(f"{override.key} = {override.value!r} ({override.origin})" for override in new)
            log.warning("flags are overridden here, their rules are not asked: %s", said)

    def remove(self, override: Override) -> None:
        left = tuple(each for each in self._made.get(override.key, ()) if each is not override)
        others = {key: made for key, made in self._made.items() if key != override.key}
        self._made = {**others, override.key: left} if left else others

    def over(self, source: Source) -> Source:
        """The source as it answers with what is overridden."""
        answers = dict(self._answers(source))
        return Overridden(source, answers) if answers else source

    def _answers(self, source: Source) -> Iterable[tuple[str, Answer]]:
        for key, (*_, override) in self._made.items():
            try:
                yield key, override.answer(source)
            except ValueError as error:
                if override not in self._refused:
                    self._refused.add(override)
                    log.error("the override of %s (%s) is not used: %s", key, override.origin, error)


def from_file(file: str | Path) -> dict[str, Any]:
    """A JSON object of values by flag; of a file that is not there, nothing. Raises ValueError."""
    try:
        return _values(Path(file).read_bytes(), str(file))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ValueError(f"the overrides cannot be read: {error}") from None


def from_environment() -> dict[str, Any]:
    """What the variable says, as JSON or as the path of a file; nonsense there is a line in the log."""
    said = os.environ.get(VARIABLE, "").strip()
    try:
        return _values(said.encode(), VARIABLE) if said.startswith("{") else from_file(said) if said else {}
    except ValueError as error:
        log.error("%s", error)
        return {}


def _values(content: bytes, name: str) -> dict[str, Any]:
    try:
        values = json.loads(content)
        if not isinstance(values, dict):
            raise ValueError("it is no JSON object of values by flag")
        for value in values.values():
            _typed(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the overrides in {name} cannot be used: {error}") from None
    return values


def _typed(value: object, kind: str = "") -> tuple[object, str]:
    """The value as a flag of this type holds it, with the type; where none is named, it is the value's own."""
    if not kind and type(value) not in _TYPES:
        raise ValueError(f"{value!r} is no value of a flag")
    kind = kind or _TYPES[type(value)]
    return typed(kind, value), kind


def _type_of_flag(source: Source, key: str) -> str:
    flag = source.flags.get(key) if isinstance(source, Serving) else None
    return flag.value_type if flag is not None else ""
