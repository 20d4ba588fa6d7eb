"""One entry of the audit log as plain data, and the hashes that chain it to the one before."""

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIRST_HASH = "0" * 64


@dataclass(slots=True)
class Entry:
    """`at` is ISO 8601 in UTC with `+00:00`, as it was hashed. An empty nonce: that part was erased.

    `person_hash` is empty in entries of before there were two parts; the payload holds everything then.
    """

    chain: str
    position: int
    id: str
    at: str
    actor_kind: str
    actor_id: str
    actor_name: str
    verb: str
    object_type: str
    object_id: str
    object_name: str
    project_id: str
    environment_id: str
    before: Any
    after: Any
    comment: str
    request_id: str
    ip: str | None
    nonce: str
    payload_hash: str
    person_nonce: str
    person_hash: str
    previous_hash: str
    hash: str

    def __str__(self) -> str:
        told = " ".join(word for word in (self.actor_name or "somebody", self.verb, self.object_name) if word)
        return f"entry {self.position} ({self.at[:19].replace('T', ' ')}, {told}, id {self.id})"

    @property
    def has_person(self) -> bool:
        """Whether who it was can still be read, or was never kept apart."""
        return bool(self.person_nonce or not self.person_hash)


def read_entry(document: Mapping[str, Any]) -> Entry:
    """From a line of the NDJSON export. Raises ValueError for anything else."""
    try:
        actor, thing = document["actor"], document["object"]
        plain = {name: document[name] for name in PLAIN}
        return Entry(
            **plain,
            at=document["at"].replace("Z", "+00:00"),
            actor_kind=actor["kind"],
            actor_id=actor["id"],
            actor_name=actor["name"],
            object_type=thing["type"],
            object_id=thing["id"],
            object_name=thing["name"],
            project_id=document["project"],
            environment_id=document["environment"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no entry of an audit log: {error!r}") from None


# The members of a line that are called as they are here.
PLAIN = (
    *("chain", "position", "id", "verb", "before", "after", "comment", "request_id", "ip"),
    *("nonce", "payload_hash", "person_nonce", "person_hash", "previous_hash", "hash"),
)


def entry_document(entry: Entry) -> dict[str, Any]:
    """The line of the NDJSON export: all that the hashes cover."""
    return {
        "id": entry.id,
        "chain": entry.chain,
        "position": entry.position,
        "at": entry.at.replace("+00:00", "Z"),
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id, "name": entry.actor_name},
        "verb": entry.verb,
        "object": {"type": entry.object_type, "id": entry.object_id, "name": entry.object_name},
        "project": entry.project_id,
        "environment": entry.environment_id,
        **{name: getattr(entry, name) for name in PLAIN[4:]},
    }


def text_of(value: Any) -> str:
    """The one spelling of a value that is hashed: JSON, members sorted, no blanks, ASCII alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def person_hash_of(entry: Entry) -> str:
    """sha256(person_nonce‖who), where who is the name of the actor, the request and the address that it came from."""
    return _sha256(entry.person_nonce + text_of([entry.actor_name, entry.request_id, _packed(entry.ip)]))


def payload_hash_of(entry: Entry) -> str:
    """sha256(nonce‖payload), where the payload is all else that may be about a person and may have to be erased."""
    payload = [entry.object_name, entry.before, entry.after, entry.comment]
    if not entry.person_hash:
        who = [entry.request_id, _packed(entry.ip)]
        payload = [entry.actor_name, *payload, *who]
    return _sha256(entry.nonce + text_of(payload))


def hash_of(entry: Entry) -> str:
    """SHA-256 over the entry's canonical text, which holds its two parts as hashes only.

    So either can be erased, its nonce with it, and the chain still verifies.
    """
    begin, end = _around_position(entry)
    return _sha256(f"{begin}{entry.position}{end}")


def position_by_hash(entry: Entry, *, within: int) -> int | None:
    """The position that the entry was hashed with, the nearest to where it stands first; None: no position makes its hash."""
    begin, end = _around_position(entry)
    for distance in range(within + 1):
        for position in {entry.position + distance, entry.position - distance}:
            if position > 0 and _sha256(f"{begin}{position}{end}") == entry.hash:
                return position
    return None


def _around_position(entry: Entry) -> tuple[str, str]:
    """The canonical text before the position and behind it."""
    behind = [
        entry.id,
        entry.at,
        entry.actor_kind,
        entry.actor_id,
        entry.verb,
        entry.object_type,
        entry.object_id,
        entry.project_id,
        entry.environment_id,
        entry.payload_hash,
    ]
    if entry.person_hash:
        behind.append(entry.person_hash)
    return text_of([entry.previous_hash, entry.chain])[:-1] + ",", "," + text_of(behind)[1:]


def is_whole(entry: Entry) -> bool:
    """Whether each part is what was hashed, or is erased and left nothing behind."""
    return _person_is_whole(entry) and _payload_is_whole(entry)


def _person_is_whole(entry: Entry) -> bool:
    if not entry.person_hash:
        return not entry.person_nonce
    if not entry.person_nonce:
        return not (entry.actor_name or entry.request_id or entry.ip)
    return person_hash_of(entry) == entry.person_hash


def _payload_is_whole(entry: Entry) -> bool:
    if entry.nonce:
        return payload_hash_of(entry) == entry.payload_hash
    left = [entry.before, entry.after, entry.comment, entry.object_name]
    if not entry.person_hash:
        left += [entry.actor_name, entry.request_id, entry.ip]
    return not any(left)


def _packed(ip: str | None) -> str:
    try:
        return ipaddress.ip_address(ip).packed.hex() if ip else ""
    except ValueError:
        return f"no address: {ip}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
