"""What every engine is asked: who asks, and how a peer shows that it understood the rules before it is timed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from script.benches._rulesets import CONTEXT

FLAGS = 100
COUNTRIES = ["IN", "LK"]
MISSED, MET = "9.0.0", "2.4.0"  # the least versions that the rules of case b ask for; the asker has 2.5.1
VERSIONS = [MISSED, MISSED, MET]
ATTRIBUTES: dict[str, Any] = {name: value for name, value in CONTEXT.items() if name != "targetingKey"}
KEY: str = CONTEXT["targetingKey"]
NAMES = [f"flag-{n:04}" for n in range(FLAGS)]


@dataclass(frozen=True)
class Peer:
    """One engine. `plain` and `ruled` decide cases a and b for the usual asker, `bulk` case c from BODY to JSON bytes.

    `ask` decides case b for any key and country, to see that the engine splits and that it looks at the conditions.
    `elsewhere` is what it serves where no rule matches.
    """

    plain: Callable[[], object]
    ruled: Callable[[], object]
    bulk: Callable[[], bytes]
    ask: Callable[[str, str], object]
    elsewhere: bool


def asker(body: bytes) -> tuple[str, dict[str, Any]]:
    """The key and the other attributes in a request's body."""
    context = json.loads(body)["context"]
    return context.pop("targetingKey"), context


def check(peer: Peer) -> None:
    """Refuse an engine that answers something else than it should."""
    share = sum(bool(peer.ask(f"user-{n}", "IN")) for n in range(2_000)) / 2_000
    answered = json.loads(peer.bulk())
    claims = {
        "serves a quarter of the people": 0.21 < share < 0.29,
        "looks at the country": peer.ask(KEY, "US") is peer.elsewhere,
        "is on where there are no rules": peer.plain() is True,
        "answers the same twice": peer.ruled() is peer.ask(KEY, "IN"),
        "answers all flags": set(NAMES) <= answered.get("flags", answered).keys(),
    }
    if wrong := [claim for claim, holds in claims.items() if not holds]:
        raise AssertionError(f"it is not so that it {', '.join(wrong)}")
