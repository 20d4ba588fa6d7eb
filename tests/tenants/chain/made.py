"""A chain that was never in a database, and a key that signs it."""

import json
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenants.chain.checkpoints import Checkpoint, jwk_of, name_of, signed
from tenants.chain.entries import FIRST_HASH, Entry, entry_document, hash_of, payload_hash_of, person_hash_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CHAIN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def chain_of(count: int) -> list[Entry]:
    entries: list[Entry] = []
    previous = FIRST_HASH
    for position in range(1, count + 1):
        entry = an_entry(position, previous)
        previous = entry.hash
        entries.append(entry)
    return entries


def an_entry(position: int, previous: str) -> Entry:
    entry = Entry(
        chain=CHAIN,
        position=position,
        id=f"{position:026}",
        at=f"2026-11-27T10:00:{position % 60:02}+00:00",
        actor_kind="user",
        actor_id="u",
        actor_name="Ada",
        verb="flag.toggled",
        object_type="flag",
        object_id="f",
        object_name="checkout",
        project_id="p",
        environment_id="",
        before={"enabled": False},
        after={"enabled": True, "share": 0.25},
        comment="é",
        request_id="r",
        ip="2001:db8::1",
        nonce="n",
        payload_hash="",
        person_nonce="m",
        person_hash="",
        previous_hash=previous,
        hash="",
    )
    entry.person_hash = person_hash_of(entry)
    entry.payload_hash = payload_hash_of(entry)
    entry.hash = hash_of(entry)
    return entry


def signed_at(entry: Entry, kind: str = "head") -> Checkpoint:
    kid = name_of(KEY.public_key())
    return signed(Checkpoint(CHAIN, entry.position, entry.hash, "2026-11-27T11:00:00Z", kind, kid), KEY)


def exported(entries: Iterable[Entry]) -> str:
    return "".join(f"{json.dumps(entry_document(entry))}\n" for entry in entries)


def jwks() -> str:
    return json.dumps({"keys": [jwk_of(KEY.public_key())]})
