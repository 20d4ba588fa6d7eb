"""The decision itself: a ruleset, a context and a moment in, an answer out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .compile.bulk import Bulk
from .compile.shapes import shaped
from .context import Context
from .model import MISSING, Answer, Flag, Form, Ruleset, Scope


def evaluate(ruleset: Ruleset, key: str, context: Context, now: datetime, *, client: bool = False) -> Answer:
    """What this context gets for one flag; never raises for any context.

    `now` is timezone-aware. With `client`, a flag that is not client_visible is FLAG_NOT_FOUND, exactly as an unknown
    one; as somebody's prerequisite it still counts.
    """
    flag = ruleset.flags.get(key)
    if flag is None or (client and not flag.client_visible):
        return _not_found(key)
    return flag.settled or decided(flag, Scope(ruleset, context, now, client))


def evaluate_all(ruleset: Ruleset, context: Context, now: datetime, *, client: bool = False) -> list[Answer]:
    """What this context gets for every flag (with `client`, for every client_visible one), sorted by the flags' keys."""
    found: list[Answer] = _bulk(ruleset, client, None).answers(Scope(ruleset, context, now, client))
    return found


def write_all(ruleset: Ruleset, context: Context, now: datetime, form: Form, *, client: bool = False) -> list[bytes]:
    """The same, each answer as it is written in this form."""
    found: list[bytes] = _bulk(ruleset, client, form).answers(Scope(ruleset, context, now, client))
    return found


def _bulk(ruleset: Ruleset, client: bool, form: Form | None) -> Bulk[Any]:
    name = client, form
    bulk = ruleset.bulks.get(name)
    if bulk is None:
        bulk = ruleset.bulks[name] = Bulk(ruleset.client_visible if client else ruleset.ordered, form)
    return bulk


def evaluate_some(
    ruleset: Ruleset, keys: Iterable[str], context: Context, now: datetime, *, client: bool = False
) -> list[Answer]:
    """The same for some of the flags, in the order of the keys; without those that are not there or may not be seen."""
    scope, found = Scope(ruleset, context, now, client), []
    for key in keys:
        flag = ruleset.flags.get(key)
        if flag is not None and (flag.client_visible or not client):
            found.append(flag.settled or decided(flag, scope))
    return found


def decided(flag: Flag, scope: Scope) -> Answer:
    """What `deciding.decide` says, by the code of the flag's shape; not for a settled flag."""
    shape, reads, row = flag.shaped or shaped(flag)
    return shape.one(scope, reads, row)


def _not_found(key: str) -> Answer:
    return Answer(
        key=key,
        value=MISSING,
        variant="",
        reason=None,
        error_code="FLAG_NOT_FOUND",
        error_details="there is no such flag here, or this key may not see it",
        version=0,
        metadata={},
        value_type="",
    )
