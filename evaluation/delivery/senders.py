"""Who sends telemetry, and of which environment it tells."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ..wire.problems import bad_request, secret_in_url
from ..wire.requests import api_key_of
from .held import HeldKey

SENDING_KINDS = ("client", "server", "relay")
Admit = Callable[[str, Collection[str]], HeldKey]


@dataclass(frozen=True, slots=True)
class Sender:
    """`kind` is that of the key with which the telemetry was first sent; a relay passes on what it was told."""

    key: HeldKey
    environment_id: str
    kind: str

    @property
    def is_trusted(self) -> bool:
        """Not a client key, which anybody may have, and no relay, which has drawn its own conclusions."""
        return self.key.kind == "server"

    @property
    def is_relay(self) -> bool:
        return self.key.kind == "relay"


def sending_key(headers: Mapping[str, str], pairs: Sequence[tuple[str, str]], admit: Admit) -> HeldKey:
    """The key in a header, or a client key in the query, for pages that say goodbye. Raises `Refused`."""
    if secret := api_key_of(headers):
        return admit(secret, SENDING_KINDS)
    key = admit(dict(pairs).get("key", ""), SENDING_KINDS)
    if not key.is_client:
        raise secret_in_url()
    return key


def sender_of(key: HeldKey, pairs: Sequence[tuple[str, str]]) -> Sender:
    """A relay names the environment, and the kind of key that it was sent with; whether it may, the door asks."""
    if key.kind != "relay":
        return Sender(key, key.environment_id, key.kind)
    fields = dict(pairs)
    if not fields.get("environment"):
        raise bad_request("environment: a relay key must name the environment's id, as in ?environment=01J….")
    kind = fields.get("kind", "server")
    if kind not in ("client", "server"):
        raise bad_request("kind: must be client or server.")
    return Sender(key, fields["environment"], kind)
