"""What services do around every change: check, lock, save with history, hide and bring back.

Nothing here checks a permission or writes audit and outbox: that is the service, where it can be read.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from tenants.actors import Actor
from tenants.models import Purge
from tenants.models.base import SoftDeleted
from tenants.problems import Conflict, Fault, Invalid

LONGEST_COMMENT = 2_000
UNIQUE_VIOLATION = "23505"

Row = TypeVar("Row", bound=models.Model)
Hideable = TypeVar("Hideable", bound=SoftDeleted)


def locked(row: Row) -> Row:
    """The row as it is now, held until the transaction ends; `DoesNotExist` when it, or what holds it, was deleted."""
    # Not type(row): the user of a request is wrapped, and says its class only when asked.
    return _held(row, row.__class__.objects)  # type: ignore[attr-defined]  # every model of ours has `objects`


def locked_deleted(row: Hideable) -> Hideable:
    """The same for a row that is hidden."""
    return _held(row, type(row).with_deleted)


def _held(row: Row, manager: Any) -> Row:
    # "no key": rows that refer to this one can be written meanwhile. "self": not what is only joined to see if it lives.
    found: Row = manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    return found


def check(row: models.Model | None, comment: str = "", *, faults: Iterable[Fault] = ()) -> None:
    """Raises `Invalid` with every fault: those given, those of the row's own fields, and that of the comment."""
    found = [*faults]
    if row is not None:
        found += faults_of(row)
    if "\0" in comment or len(comment) > LONGEST_COMMENT or not _is_unicode(comment):
        found.append(Fault("comment", f"At most {LONGEST_COMMENT:,} characters, without NUL and lone surrogates."))
    if found:
        raise Invalid(found)


def _is_unicode(text: str) -> bool:
    return not any(0xD800 <= ord(letter) < 0xE000 for letter in text)


def faults_of(row: models.Model) -> list[Fault]:
    """What is wrong with the row's own values; relations are the service's to check."""
    relations = {field.name for field in row._meta.fields if field.is_relation}
    try:
        row.clean_fields(exclude=relations)
    except ValidationError as error:
        return [Fault(path, _message(row, path, one)) for path, several in error.error_dict.items() for one in several]
    return []


def _message(row: models.Model, path: str, error: ValidationError) -> str:
    choices = getattr(row._meta.get_field(path), "choices", None)
    if error.code == "invalid_choice" and choices:
        return f"Choose one of {', '.join(str(value) for value, _ in choices)}."
    return " ".join(error.messages)


def insert(row: models.Model, *, actor: Actor, comment: str, taken: str) -> None:
    """Save a new row; `Conflict(taken)` when another with the same key was there, or came first."""
    try:
        with transaction.atomic():
            _save(row, actor, comment, force_insert=True)
    except IntegrityError as error:
        if not _is_duplicate(error):
            raise
        raise Conflict(taken) from error


def _is_duplicate(error: IntegrityError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") == UNIQUE_VIOLATION or "UNIQUE constraint failed" in str(error)


def alter(
    row: Row,
    wanted: Mapping[str, Any],
    *,
    actor: Actor,
    comment: str,
    faults: Callable[[Row], Iterable[Fault]] = lambda row: (),
) -> tuple[Any, Any]:
    """Set the fields that differ; returns what they were and what they are. A None leaves its field as it is.

    When nothing differs nothing is saved, and both are empty. `faults` says what is wrong beyond the fields themselves.
    """
    before = {name: getattr(row, name) for name, value in wanted.items() if value not in (None, getattr(row, name))}
    for name in before:
        setattr(row, name, wanted[name])
    check(row, comment, faults=faults(row))
    if before:
        _save(row, actor, comment, update_fields=list(before))
    return before, {name: getattr(row, name) for name in before}


def hide(row: SoftDeleted, *, actor: Actor, comment: str) -> None:
    """Soft deletion: what lies in the row is hidden with it."""
    row.deleted_at, row.deleted_by = timezone.now(), actor.user
    _save(row, actor, comment, update_fields=["deleted_at", "deleted_by"])


def bring_back(row: SoftDeleted, *, retention_days: int, actor: Actor, comment: str) -> None:
    """Undo `hide`; `Conflict` when the row's time is over, or the purge has begun below it all the same."""
    if row.deleted_at is not None and row.deleted_at + timedelta(days=retention_days) <= timezone.now():
        raise Conflict(f"{row} was deleted more than {retention_days} days ago and cannot be brought back.")
    if Purge.with_deleted.filter(thing_id=row.pk).exists():
        raise Conflict(f"{row} is being purged and cannot be brought back.")
    row.deleted_at = row.deleted_by = None
    _save(row, actor, comment, update_fields=["deleted_at", "deleted_by"])


def remove(row: models.Model, *, actor: Actor, comment: str) -> None:
    """Delete the row for good; its history stays."""
    _sign(row, actor, comment)
    row.delete()


def refuse_taken(existing: SoftDeleted | None, key: str) -> None:
    """`Conflict` when a row has this key already; a deleted one keeps it until the purge."""
    if existing is None:
        return
    if existing.deleted_at is not None:
        raise Conflict(
            f'"{key}" is reserved: what had it was deleted and can come back. Undelete it, or choose another.'
        )
    raise Conflict(f'"{key}" exists already.')


def _save(row: models.Model, actor: Actor, comment: str, **how: Any) -> None:
    _sign(row, actor, comment)
    row.save(**how)


def _sign(row: Any, actor: Actor, comment: str) -> None:
    # simple-history reads these two; without a user set it would take that of the running request.
    row._history_user, row._change_reason = actor.user, comment or None


def tidy(name: Any) -> Any:
    """A name as people mean it; anything but text is left for `check` to refuse."""
    return name.strip() if isinstance(name, str) else name
