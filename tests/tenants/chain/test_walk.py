"""Walks along chains that were never in a database."""

import dataclasses
import hashlib
import json

import pytest

from tenants.chain.checkpoints import Untrusted, documents_in, keys_of, read_checkpoint
from tenants.chain.entries import FIRST_HASH, Entry, hash_of, read_entry
from tenants.chain.findings import Report
from tenants.chain.walk import Head, Walk
from tests.tenants.chain.made import CHAIN, KEY, an_entry, chain_of, exported, jwks, signed_at

Named = tuple[str, int, int]


def walked(entries: list[Entry], *checkpoints: object, head: Head | None = None) -> Report:
    walk = Walk(CHAIN, checkpoints)  # type: ignore[arg-type]  # checkpoints they are
    for entry in entries:
        walk.see(entry)
    return walk.end(head)


def named(report: Report) -> list[Named]:
    return [(one.kind, one.first, one.last) for one in report.findings]


def test_a_chain_as_it_was_written_is_intact() -> None:
    entries = chain_of(9)

    report = walked(entries, signed_at(entries[3]), signed_at(entries[8]), head=Head(9, entries[8].hash))

    assert (report.is_intact, report.entries, report.first, report.last, report.signed) == (True, 9, 1, 9, 9)


def test_what_is_exported_is_read_as_it_was() -> None:
    entries = chain_of(3)

    assert [read_entry(json.loads(line)) for line in exported(entries).splitlines()] == entries


def test_the_hash_is_that_of_the_documentation() -> None:
    """docs/audit.md says how somebody else makes it."""
    entry = chain_of(1)[0]
    line = [FIRST_HASH, CHAIN, 1, entry.id, entry.at, "user", "u", "flag.toggled", "flag", "f", "p", ""]
    person = hashlib.sha256(b'm["Ada","r","20010db8000000000000000000000001"]').hexdigest()
    said = '["checkout",{"enabled":false},{"enabled":true,"share":0.25},"\\u00e9"]'
    payload = hashlib.sha256(f"n{said}".encode()).hexdigest()
    text = json.dumps([*line, payload, person], separators=(",", ":"))

    assert hashlib.sha256(text.encode()).hexdigest() == entry.hash


def test_entries_that_were_shuffled_are_each_named() -> None:
    entries = chain_of(8)

    report = walked([entries[index] for index in (0, 4, 1, 2, 3, 5, 7, 6)])

    assert named(report) == [("reordered", position, position) for position in (2, 3, 4, 7)]


def test_an_entry_that_comes_twice_was_put_in() -> None:
    entries = chain_of(4)

    assert named(walked([*entries[:3], entries[1], entries[3]])) == [("added", 2, 2)]


def test_a_fork_is_found_at_the_entry_that_it_replaced() -> None:
    entries = chain_of(4)
    other = dataclasses.replace(entries[1], verb="flag.killed")
    other.hash = hash_of(other)

    assert named(walked([entries[0], other, *entries[2:]])) == [("edited", 2, 2)]


def test_gaps_far_apart_are_told_one_by_one() -> None:
    entries = [entry for entry in chain_of(30) if entry.position not in (2, 10, 11, 12, 29)]

    assert named(walked(entries)) == [("removed", 2, 2), ("removed", 10, 12), ("removed", 29, 29)]


def test_a_purge_may_be_followed_by_another() -> None:
    entries = chain_of(9)

    assert walked(entries[6:], signed_at(entries[2], "purge"), signed_at(entries[5], "purge")).is_intact


def test_behind_a_purge_nothing_may_be_missing() -> None:
    entries = chain_of(9)

    assert named(walked(entries[6:], signed_at(entries[2], "purge"))) == [("removed", 4, 6)]


def test_what_follows_a_purge_must_follow_from_it() -> None:
    entries = chain_of(3)
    forged = an_entry(4, "f" * 64)

    assert named(walked([forged], signed_at(entries[2], "purge"))) == [("rewritten", 4, 4)]


def test_a_chain_of_another_one_is_told_by_its_first_entry() -> None:
    assert named(walked([an_entry(1, "f" * 64)])) == [("rewritten", 1, 1)]


@pytest.mark.parametrize("content", [b"{}", b"[]", b"7", b'{"results": [{"kid": []}]}', b'{"results": [1]}'])
def test_what_is_no_checkpoint_is_not_believed(content: bytes) -> None:
    with pytest.raises(Untrusted):
        [read_checkpoint(document, keys_of(json.loads(jwks()))) for document in documents_in(content)]


@pytest.mark.parametrize("content", ["{}", '{"keys": [{}]}', "[]", "7"])
def test_what_are_no_keys_is_told(content: str) -> None:
    with pytest.raises(ValueError, match="no set of public keys"):
        keys_of(json.loads(content))


def test_a_key_has_the_name_that_it_makes_itself() -> None:
    jwk = json.loads(jwks())["keys"][0]

    (kid,) = keys_of({"keys": [jwk | {"kid": "another"}]})

    assert kid == jwk["kid"]
    assert keys_of({"keys": [jwk]})[kid] == KEY.public_key()


def test_the_body_of_a_webhook_is_read_as_the_checkpoint_that_it_carries() -> None:
    checkpoint = signed_at(chain_of(1)[0])
    data = {"organization": "acme", **checkpoint.document()}
    body = json.dumps({"type": "audit.checkpoint", "timestamp": "2026-11-27T11:00:00Z", "data": data})

    (document,) = documents_in(body.encode())

    assert read_checkpoint(document, keys_of(json.loads(jwks()))) == checkpoint
