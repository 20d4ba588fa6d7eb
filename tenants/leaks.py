"""What doors do with keys that somebody found: report each, and tell their admins the first time."""

from collections.abc import Iterable
from typing import NamedTuple

from tenants import realm
from tenants.actors import Actor
from tenants.keys import kind_of, prefix_of, sha256_of
from tenants.mail import send_leak
from tenants.services.leaked_keys import Leak, Outcome, report_leaked_key


class Reported(NamedTuple):
    """`prefix` are the first characters of the key, as its page shows them."""

    prefix: str
    kind: str
    leak: Leak

    @property
    def outcome(self) -> Outcome:
        return self.leak.outcome


def report(secrets: Iterable[str], *, found_at: str, revoke: bool = False, actor: Actor) -> list[Reported]:
    """Well-formed keys, in their order."""
    return [_report(secret, found_at, revoke, actor) for secret in secrets]


def _report(secret: str, found_at: str, revoke: bool, actor: Actor) -> Reported:
    with realm.within(realm.of_key(sha256_of(secret))):
        leak = report_leaked_key(secret, found_at=found_at, revoke=revoke, actor=actor)
        if leak.api_key is not None and leak.is_news:
            send_leak(leak.api_key, found_at)
    return Reported(prefix_of(secret), kind_of(secret) or "", leak)
