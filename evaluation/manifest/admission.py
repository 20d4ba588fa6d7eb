"""Who may ask what: from the key in a request to the rules it may see. Shared by every door of this process."""

import contextlib
from collections.abc import Collection

from django.db import DatabaseError

from evaluation.delivery.held import Held, HeldKey
from evaluation.delivery.limiter import Limiter
from evaluation.manifest import keyring, memory
from evaluation.wire.problems import bad_key, no_key, nothing_published, out_of_reach, wrong_kind
from evaluation.wire.view import View
from tenants import last_used, realm
from tenants.models import ApiKey

EVALUATING_KINDS = (ApiKey.Kind.CLIENT, ApiKey.Kind.SERVER)

limiter = Limiter()


def admit(secret: str, kinds: Collection[str] = EVALUATING_KINDS) -> HeldKey:
    """The key behind a secret; raises `Refused` (401, 403, 503) otherwise. May ask the database."""
    if not secret:
        raise no_key()
    try:
        key = keyring.find(secret)
    except DatabaseError:
        raise out_of_reach() from None
    if key is None:
        raise bad_key()
    last_used.note(key.id)
    return of_kind(key, kinds)


def find_by_prefix(prefix: str) -> HeldKey | None:
    """The key that a stream token names; raises `Refused` (503) if nobody can tell. May ask the database."""
    try:
        key = keyring.find_by_prefix(prefix)
    except DatabaseError:
        raise out_of_reach() from None
    if key is not None:
        last_used.note(key.id)
    return key


def of_kind(key: HeldKey, kinds: Collection[str]) -> HeldKey:
    if key.kind not in kinds:
        raise wrong_kind(key.kind, " or ".join(kinds))
    return key


def realm_of(key: HeldKey) -> realm.Realm:
    return realm.of_organization(key.organization_id)


def held_for(environment_id: str) -> Held:
    """The rules of an environment; raises `Refused` (503) where there are none. May ask the database."""
    try:
        held = memory.load(environment_id)
    except DatabaseError:
        raise out_of_reach() from None
    if held is None:
        raise nothing_published()
    return held


def held_at_least(environment_id: str, version: int) -> Held:
    """The same, at this version or newer where the database has it."""
    held = held_for(environment_id)
    if held.version >= version:
        return held
    with contextlib.suppress(DatabaseError):
        memory.look_again(held)
    return held_for(environment_id)


def view_of(key: HeldKey, held: Held) -> View:
    return View(key.environment_key, held.ruleset, held.checksum, key.is_client, key.sha256, held.repeated)
