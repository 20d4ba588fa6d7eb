"""All flags at once: sorted by how they are decided, so that what is the same for many of them is done once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, Generic, TypeVar

from ..model import Answer, Flag, Form, Reads, Row, Scope, Shape
from .alike import Alike, Looks, looks_of
from .shapes import shaped

Written = TypeVar("Written", Answer, bytes)
Sort = Callable[[list[Any]], list[Any]]


class Coded:
    """Flags that are decided by the code of their shapes."""

    __slots__ = ("_form", "_groups", "_in_order")

    def __init__(self, flags: Iterable[Flag], form: Form | None) -> None:
        """Makes what of the flags is not made yet."""
        self._form = form
        groups: defaultdict[tuple[Shape, Reads], list[tuple[int, Row]]] = defaultdict(list)
        for place, flag in enumerate(flags):
            shape, reads, row = flag.shaped or shaped(flag)
            groups[shape, reads].append((place, row))
        self._groups = [(shape.many, reads, [row for _, row in found]) for (shape, reads), found in groups.items()]
        self._in_order = _sorting([place for found in groups.values() for place, _ in found])

    def answers(self, scope: Scope) -> list[Any]:
        """What the scope's asker gets for each of the flags, in their order."""
        found: list[Any] = []
        for many, reads, rows in self._groups:
            many(scope, reads, rows, found.append)
        return self._in_order(found if self._form is None else _written(found, self._form))


def _written(answers: list[Answer], form: Form) -> list[bytes]:
    found = list(map(form.written, answers))
    return list(map(form.write, answers)) if None in found else found  # type: ignore[return-value]  # all are bytes


class Bulk(Generic[Written]):
    """Some flags of a ruleset, in their order; `form` says what their answers are written as, None: nothing."""

    __slots__ = ("_in_order", "_parts", "_settled")

    def __init__(self, flags: Iterable[Flag], form: Form | None) -> None:
        self._settled: list[Any] = []
        places: list[int] = []
        parts: defaultdict[Looks | None, list[tuple[int, Flag]]] = defaultdict(list)
        for place, flag in enumerate(flags):
            if flag.settled is not None:
                self._settled.append(flag.settled if form is None else form.write(flag.settled))
                places.append(place)
            else:
                parts[looks_of(flag)].append((place, flag))
        self._parts = [_part(looks, [flag for _, flag in found], form) for looks, found in parts.items()]
        self._in_order = _sorting([*places, *(place for found in parts.values() for place, _ in found)])

    def answers(self, scope: Scope) -> list[Written]:
        """What the scope's asker gets for each of the flags, in their order."""
        found = self._settled.copy()
        for alike, coded in self._parts:
            found += (alike and alike.answers(scope)) or coded.answers(scope)
        return self._in_order(found)


def _part(looks: Looks | None, flags: list[Flag], form: Form | None) -> tuple[Alike | None, Coded]:
    return None if looks is None else Alike(looks, flags, form), Coded(flags, form)


def _sorting(places: Sequence[int]) -> Sort:
    """What puts answers that belong to these places into their order."""
    if list(places) == sorted(places):
        return lambda found: found
    ordered = itemgetter(*sorted(range(len(places)), key=places.__getitem__))
    return lambda found: list(ordered(found))
