"""What is sealed with an older envelope key, sealed again with the one that seals: row by row, whenever it is asked for."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tenants.sealing import SealBroken, SealedColumn, columns, key_id_of, writing_key_id

MOST_AT_ONCE = 100


@dataclass(slots=True)
class Found:
    """What lies in one column: texts by the id of the key that sealed them ("" where none is named), and what was done.

    `broken` are the primary keys of rows that no key opens; they stay as they are.
    """

    column: SealedColumn
    by_key: Counter[str] = field(default_factory=Counter)
    resealed: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def older(self) -> int:
        """Texts that are not sealed with the key that seals, as they were found."""
        return self.by_key.total() - self.by_key[writing_key_id()]


def look() -> list[Found]:
    """What `reseal` would find, and which rows no key opens; changes nothing."""
    return [_looked_at(column) for column in columns()]


def reseal(*, most_at_once: int = MOST_AT_ONCE) -> list[Found]:
    """Seal again whatever an older key sealed, in transactions of so many rows at most.

    Whenever it is interrupted, what was done is done, and the next call goes on with the rest.
    """
    return [_resealed(column, most_at_once) for column in columns()]


def _looked_at(column: SealedColumn) -> Found:
    found = Found(column)
    for row in column.rows.order_by("pk").iterator(chunk_size=MOST_AT_ONCE):
        _again(row, column, found)
    return found


def _resealed(column: SealedColumn, most_at_once: int) -> Found:
    found, last = Found(column), None
    while True:
        with transaction.atomic():
            rows = column.rows.select_for_update().order_by("pk")
            batch = list((rows if last is None else rows.filter(pk__gt=last))[:most_at_once])
            for row in batch:
                _save(row, column, found)
        if not batch:
            return found
        last = batch[-1].pk


def _save(row: Any, column: SealedColumn, found: Found) -> None:
    """By a query of its own: no history is written, since nothing that a person knows of has changed."""
    fresh = _again(row, column, found)
    if fresh:
        column.rows.filter(pk=row.pk).update(**{column.field: _with(row, column, fresh)})
        found.resealed += len(fresh)


def _again(row: Any, column: SealedColumn, found: Found) -> dict[str, str]:
    """The texts of the row that an older key sealed, sealed anew, by their places; none where one of them is broken."""
    fresh = {}
    for place, text in _texts(row, column):
        found.by_key[key_id_of(text)] += 1
        try:
            content = column.unseal(text, row)
        except SealBroken:
            found.broken.append(str(row.pk))
            return {}
        if key_id_of(text) != writing_key_id():
            fresh[place] = column.seal(content, row)
    return fresh


def _texts(row: Any, column: SealedColumn) -> Iterator[tuple[str, str]]:
    """Each sealed text of the row, and the member that it is in ("" where it is all of the column)."""
    value = getattr(row, column.field)
    if not column.members:
        yield from [("", value)] if value else []
        return
    yield from ((member, value[member]) for member in column.members if value.get(member))


def _with(row: Any, column: SealedColumn, fresh: dict[str, str]) -> Any:
    return {**getattr(row, column.field), **fresh} if column.members else fresh[""]
