"""Erasing what the audit log says about one person; the chain still verifies, and says that something was erased."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from tenants.actors import Actor
from tenants.audit.recording import locked_head, record
from tenants.chain import ranges
from tenants.chain.walk import ERASED
from tenants.models import AuditEvent, User

NOBODY: dict[str, Any] = {"actor_name": "", "request_id": "", "ip": None, "person_nonce": ""}
NOTHING: dict[str, Any] = {"object_name": "", "before": None, "after": None, "comment": "", "nonce": ""}
# Entries of before there were two parts have all in one.
IN_ONE = Q(person_hash="")


def erase_person(user: User, *, addresses: Iterable[str] = (), actor: Actor, comment: str = "") -> int:
    """Erase names, addresses and all that was said of the person, in every chain; returns from how many entries.

    Of what they did it stays known what was changed, by an id that says nothing any more. What is about them (their account,
    and whatever names one of their e-mail addresses) loses its whole payload. Each chain is one transaction: safe to repeat
    after a crash, and when nothing is left to erase nothing is written. For the system's own work, which reaches all chains.
    """
    known = {address.lower() for address in (*addresses, *_addresses_in_the_log(user)) if address}
    theirs, about = _by(user), _about(user, known)
    chains = _readable().filter(theirs | about).order_by().values_list("chain", flat=True).distinct()
    return sum(
        _erase(chain, user, theirs, about, _without_the_person(actor, user), comment) for chain in sorted(chains)
    )


def _erase(chain: str, user: User, theirs: Q, about: Q, actor: Actor, comment: str) -> int:
    with transaction.atomic():
        head = locked_head(chain)  # nothing is appended meanwhile
        if head is None:
            return 0
        events = _readable().filter(chain=chain)
        persons = _positions(events.filter(theirs, ~IN_ONE).exclude(person_nonce=""))
        payloads = _positions(events.filter(about | (theirs & IN_ONE)).exclude(nonce=""))
        if not persons and not payloads:
            return 0
        rows = AuditEvent.with_deleted.filter(chain=chain)
        for span in ranges.joined(persons):
            rows.filter(position__range=span).update(**NOBODY)
        for span in ranges.joined(payloads):
            rows.filter(IN_ONE, position__range=span).update(**NOBODY)
            rows.filter(position__range=span).update(**NOTHING)
        erased = {
            "person": user.pk,
            "persons": ranges.written(ranges.joined(persons)),
            "payloads": ranges.written(ranges.joined(payloads)),
        }
        record(actor, ERASED, head, None, erased, comment=comment)
        return len({*persons, *payloads})


def _positions(events: Any) -> list[int]:
    return list(events.order_by("position").values_list("position", flat=True))


def _by(user: User) -> Q:
    return Q(actor_kind="user", actor_id=user.pk)


def _about(user: User, addresses: Iterable[str]) -> Q:
    found = Q(object_type="user", object_id=user.pk)
    for address in addresses:
        # SQLite keeps JSON as it was written, with letters beyond ASCII escaped; PostgreSQL shows the letters.
        for spelled in {address, json.dumps(address)[1:-1]}:
            for column in ("before_text", "after_text", "object_name", "comment", "actor_name"):
                found |= Q(**{f"{column}__icontains": spelled})
    return found


def _readable() -> Any:
    """What says that something was erased stays; it names nobody."""
    texts = {f"{name}_text": Cast(name, TextField()) for name in ("before", "after")}
    return AuditEvent.with_deleted.exclude(verb=ERASED).annotate(**texts)


def _addresses_in_the_log(user: User) -> set[str]:
    """Those that they ever had, as far as is known; that of a deleted account says nothing."""
    events = AuditEvent.with_deleted.filter(object_type="user", object_id=user.pk)
    documents = [document for pair in events.values_list("before", "after") for document in pair]
    logged = {str(one["email"]) for one in documents if isinstance(one, dict) and one.get("email")}
    return logged | {user.email} | set(user.history.values_list("email", flat=True))


def _without_the_person(actor: Actor, user: User) -> Actor:
    """Whoever erases themselves must not come back in by the entry that says so."""
    is_they = (actor.kind, actor.id) == ("user", user.pk)
    return replace(actor, name="", request_id="", ip=None) if is_they else actor
