"""Whose rows the database shows and takes: PostgreSQL's row-level security as a second wall behind the querysets.

A process by itself (worker, command, what loads manifests) is the system and reaches everything. What comes from outside
begins with nothing, and reaches what its login says: the organizations of a person, or that of a key. The database hears it
with every statement (`flagforge.postgresql`), and the policies of `tenants.walls` hold it against every row. SQLite has no
such wall: there it is only written down.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

SETTING = "flagforge.realm"
# Stands in the setting for every organization there is, and for what belongs to none.
ALL = "*"
# What may stand in the text of a statement: ids and hashes, nothing that could end a literal.
PLAIN = re.compile(r"[0-9A-Za-z]{1,64}")


@dataclass(frozen=True, slots=True)
class Realm:
    """Organizations by their ids, and by what the database looks up itself: whose they are, or which secret opens them."""

    organizations: tuple[str, ...] = ()
    lookups: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        named = [name for name in self.organizations if name != ALL] + [argument for _, argument in self.lookups]
        if not all(PLAIN.fullmatch(name) for name in named):
            raise ValueError("a realm is named by ids and hashes alone")

    def __or__(self, other: "Realm") -> "Realm":
        return Realm(self.organizations + other.organizations, self.lookups + other.lookups)

    def statement(self) -> str:
        """The SQL that puts it in force until the transaction ends."""
        named = ",".join(self.organizations)
        if not self.lookups:
            return f"SET LOCAL {SETTING} = '{named}'"
        found = ", ".join(f"{function}('{argument}')" for function, argument in self.lookups)
        return f"SELECT set_config('{SETTING}', concat_ws(',', '{named}', {found}), true)"


NOTHING = Realm()
EVERYTHING = Realm((ALL,))


def of_organization(organization_id: str | None) -> Realm:
    """None: of the instance, which is everything."""
    return Realm((organization_id,)) if organization_id else EVERYTHING


def of_user(user_id: str) -> Realm:
    """The organizations that the person belongs to; everything for a superuser."""
    return Realm(lookups=(("flagforge_realm_of_user", user_id),))


def of_key(sha256: str) -> Realm:
    """The organization whose API key has this hash, or one that begins so."""
    return Realm(lookups=(("flagforge_realm_of_key", sha256),))


def of_invitation(token_hash: str) -> Realm:
    """The organization that the invitation of this hash leads to."""
    return Realm(lookups=(("flagforge_realm_of_invitation", token_hash),))


def of_trigger(sha256: str) -> Realm:
    """The organization whose trigger has this hash."""
    return Realm(lookups=(("flagforge_realm_of_trigger", sha256),))


def to_write(organization_id: str | None) -> Realm:
    """For a row of an organization, which must be reached; what is nobody's own (None) the system alone reaches."""
    return current() if organization_id else EVERYTHING


class _Asker:
    """One request, whichever threads and tasks work on it."""

    __slots__ = ("realm",)

    def __init__(self, realm: Realm) -> None:
        self.realm = realm


_asker: ContextVar[_Asker | None] = ContextVar("flagforge_asker", default=None)


def current() -> Realm:
    asker = _asker.get()
    return EVERYTHING if asker is None else asker.realm


@contextmanager
def within(realm: Realm) -> Generator[None, None, None]:
    """For the length of the block; also a decorator."""
    token = _asker.set(_Asker(realm))
    try:
        yield
    finally:
        _asker.reset(token)


@contextmanager
def everything() -> Generator[None, None, None]:
    """The system's own work in the middle of a request. tests/contracts/test_realms.py lists where."""
    with within(EVERYTHING):
        yield


def become(realm: Realm) -> None:
    """Say who asks, for the rest of the request. A process by itself stays what it is."""
    asker = _asker.get()
    if asker is not None:
        asker.realm = realm


def keep(asked: Realm, found: str) -> None:
    """What the database found for the look-ups of whoever asks: it holds to the end of the request, also for who leaves."""
    asker = _asker.get()
    if asker is not None and asker.realm is asked:
        asker.realm = Realm(tuple(name for name in found.split(",") if name))


def extend(realm: Realm) -> None:
    """The same in addition to what was reached before."""
    become(current() | realm)
