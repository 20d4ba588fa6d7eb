"""What a reader takes for true: a manifest's signature, that it is not older than one seen, and that it is fresh.

A statement of freshness is small and signed by itself, so that a quiet environment can say every few minutes that its old
manifest is still the newest. What is new must be fresh; what is held is never dropped for its age, only called stale.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..core.canonical import canonical, checksum
from ..core.delta import leads_to
from ..core.values import InvalidJson, loads
from .jws import PublicKeys, Tampered, Untrusted, keys_of, name_of, read, verify_detached

FRESHNESS = "flagforge-freshness"
PUBLIC_KEYS = "flagforge-keys"
# How wrong a reader's clock may be. Whoever replays an old manifest to a new reader has this and the statement's own time.
CLOCK_SKEW = timedelta(hours=1)
# A statement comes every five minutes; without two of them what is held may be old.
STALE_AFTER = timedelta(minutes=15)


class Outdated(Untrusted):
    """Signed, but older than what was seen."""


class Expired(Untrusted):
    """Signed, but nobody says any more that it is the newest."""


class Strangers(Untrusted):
    """Public keys that nobody who is known vouches for."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """At `as_of` this was the environment's newest version; new readers take it until `expires`."""

    environment: str
    version: int
    checksum: str
    as_of: datetime
    expires: datetime

    def as_bytes(self) -> bytes:
        return canonical(
            {
                "environment": self.environment,
                "version": self.version,
                "checksum": self.checksum,
                "as_of": _written(self.as_of),
                "expires": _written(self.expires),
            }
        )


@dataclass(frozen=True, slots=True)
class Trusted:
    """A manifest that was verified: its bytes, what they say, and the newest statement about it."""

    content: bytes
    document: Mapping[str, Any]
    freshness: Freshness

    @property
    def version(self) -> int:
        return self.freshness.version

    def is_stale(self, now: datetime, after: timedelta = STALE_AFTER) -> bool:
        return now - self.freshness.as_of > after


def trust(
    content: bytes,
    signature: str,
    freshness: str,
    keys: PublicKeys,
    *,
    now: datetime,
    held: Trusted | None = None,
    environment: str | None = None,
) -> Trusted:
    """A whole manifest that is new to this reader; raises Untrusted, and what is held stays what it is.

    `environment` is the id that the reader expects. Without one, and with nothing held, whichever comes is taken: all
    environments of an installation are signed with the same keys.
    """
    new = trust_kept(content, signature, freshness, keys, environment=environment)
    _check_is_newest(new, now, held)
    return new


def trust_kept(
    content: bytes, signature: str, freshness: str, keys: PublicKeys, *, environment: str | None = None
) -> Trusted:
    """One that this reader took before and kept, however long ago; raises Untrusted."""
    verify_detached(signature, content, keys)
    try:
        document = loads(content)
    except InvalidJson as error:
        raise Tampered(f"signed, but no JSON: {error}") from None
    if not isinstance(document, dict):
        raise Tampered("signed, but no manifest")
    stated = read_freshness(freshness, keys)
    if environment not in (None, stated.environment):
        raise Tampered(f"this is not a manifest of environment {environment}")
    return _stated(content, document, stated)


def trust_signed(content: bytes, signature: str, keys: PublicKeys) -> Trusted:
    """One with its signature alone; nobody states how fresh it is, so that it is as old as it says itself. Raises Untrusted."""
    verify_detached(signature, content, keys)
    try:
        document: Any = loads(content)
        issued = datetime.fromisoformat(document["issued"])
        stated = Freshness(document["environment"], document["version"], checksum(content), issued, issued)
    except (InvalidJson, ValueError, KeyError, TypeError) as error:
        raise Tampered(f"signed, but no manifest: {error!r}") from None
    return Trusted(content, document, stated)


def trust_delta(held: Trusted, delta: Mapping[str, Any], keys: PublicKeys, *, now: datetime) -> Trusted:
    """What the delta makes of what is held, verified as a whole; raises Untrusted, and DeltaMismatch where it does not fit.

    A checksum proves nothing about who wrote a delta, so the signature is that of the manifest which it leads to.
    """
    document, content = leads_to(held.document, delta)
    signature, freshness = delta.get("signature"), delta.get("freshness")
    if not isinstance(signature, str) or not isinstance(freshness, str):
        raise Tampered("the delta is not signed")
    verify_detached(signature, content, keys)
    new = _stated(content, document, read_freshness(freshness, keys))
    _check_is_newest(new, now, held)
    return new


def trust_keys(jwks: bytes, known: PublicKeys) -> tuple[bytes, PublicKeys]:
    """A JWKS document and its keys: any for whoever knows none; else known ones, or those that a known one signed.

    Public keys are public: that a set holds a known one beside a new one says nothing. So the document holds no key that does
    not count, and may be kept for the next time. Raises Strangers, and ValueError for what cannot be read.
    """
    document = json.loads(jwks)
    told = keys_of(document)
    if not known or (told and _names(told) <= _names(known)):
        return jwks, told
    signed = str(document.get("signed", ""))
    try:
        vouched = json.loads(read(signed, known, kind=PUBLIC_KEYS))
    except Untrusted as error:
        raise Strangers(f"the public keys are others than before, and no known key vouches for them: {error}") from None
    keys = keys_of(vouched)
    is_all = document["keys"] == vouched["keys"]
    return jwks if is_all else canonical({"keys": vouched["keys"], "signed": signed}), keys


def _names(keys: PublicKeys) -> set[str]:
    return {name_of(key) for key in keys.values()}


def renew(held: Trusted, freshness: str, keys: PublicKeys) -> Trusted:
    """What is held, with a newer statement about it; an older statement, or one about another version, changes nothing."""
    stated = read_freshness(freshness, keys)
    is_about_held = (stated.environment, stated.checksum) == (held.freshness.environment, held.freshness.checksum)
    return replace(held, freshness=stated) if is_about_held and stated.as_of > held.freshness.as_of else held


def read_freshness(token: str, keys: PublicKeys) -> Freshness:
    """Raises Untrusted."""
    try:
        stated = json.loads(read(token, keys, kind=FRESHNESS))
        return Freshness(
            stated["environment"],
            stated["version"],
            stated["checksum"],
            datetime.fromisoformat(stated["as_of"]),
            datetime.fromisoformat(stated["expires"]),
        )
    except Untrusted:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise Tampered(f"the statement of freshness cannot be read: {error!r}") from None


def _stated(content: bytes, document: Mapping[str, Any], stated: Freshness) -> Trusted:
    named = (document.get("environment"), document.get("version"), checksum(content))
    if named != (stated.environment, stated.version, stated.checksum):
        raise Tampered("the statement of freshness is about another manifest")
    return Trusted(content, document, stated)


def _check_is_newest(new: Trusted, now: datetime, held: Trusted | None) -> None:
    stated = new.freshness
    if held is not None and held.freshness.environment != stated.environment:
        raise Tampered("this is another environment's manifest")
    if held is not None and stated.version < held.version:
        raise Outdated(f"version {stated.version} came, and version {held.version} was seen")
    if now > stated.expires + CLOCK_SKEW:
        raise Expired(f"version {stated.version} was the newest until {_written(stated.expires)}; nobody says so since")


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
