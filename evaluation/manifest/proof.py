"""What goes with a manifest, so that a reader can trust it: its signature, and a statement of how fresh it is."""

import time
from datetime import UTC, datetime, timedelta

from evaluation.delivery.held import Held
from evaluation.manifest import memory, sign
from evaluation.wire.frames import Proof
from evaluation.wire.trust import FRESHNESS, Freshness

# For so long new readers take a manifest although nobody who states its freshness can be reached.
VALID = timedelta(hours=1)
# One statement serves all who ask within this time.
SHARED_SECONDS = 60.0

_stated: dict[str, tuple[int, str, float, str]] = {}


def proof_of(held: Held) -> Proof:
    """From memory alone: no I/O, safe on an event loop."""
    return Proof(sign.signature_of(held), freshness_of(held))


def freshness_of(held: Held) -> str:
    """A signed statement that this was the newest version when the database last said so; "" while no key is known."""
    version, signer, made_at, statement = _stated.get(held.environment_id, (0, "", 0.0, ""))
    now, newest = time.monotonic(), sign.newest_name()
    if (version, signer) != (held.version, newest) or now - made_at > SHARED_SECONDS:
        statement = _statement(held)
        _stated[held.environment_id] = (held.version, newest, now, statement)
    return statement


def _statement(held: Held) -> str:
    as_of = datetime.fromtimestamp(memory.confirmed_at(held.environment_id), UTC)
    stated = Freshness(held.environment_id, held.version, held.checksum, as_of, as_of + VALID)
    return sign.sign_statement(stated.as_bytes(), kind=FRESHNESS)


def forget_everything() -> None:
    """For tests that begin with an empty process."""
    _stated.clear()
