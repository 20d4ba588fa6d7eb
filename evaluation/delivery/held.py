"""What a serving process holds in memory: rules and keys. Each is replaced whole, never changed."""

from dataclasses import dataclass, field

from ..core.model import Ruleset
from ..wire.limits import Limits
from ..wire.view import Repeated


@dataclass(frozen=True, slots=True)
class Held:
    """A published manifest and what it means. `repeated` is what may be said again of it.

    `traceparent` is where in a trace this process took it over; "" where nobody records that.
    """

    environment_id: str
    version: int
    checksum: str
    content: bytes
    ruleset: Ruleset
    signature: str = ""
    traceparent: str = field(default="", compare=False)
    repeated: Repeated = field(default_factory=Repeated, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A usable API key; `expires_at` in seconds since the epoch. `environment_id` is empty for relay keys of a wider scope.

    `origins` are those of the pages that may use it; empty: pages of any. `limits` are its own, `organization_limits` those of
    all client and server keys of its organization together; None where there are none.
    """

    id: str
    sha256: str
    kind: str
    organization_id: str
    project_id: str
    environment_id: str
    environment_key: str
    expires_at: float | None
    origins: frozenset[str] = frozenset()
    limits: Limits | None = None
    organization_limits: Limits | None = None

    @property
    def is_limited(self) -> bool:
        return self.limits is not None or self.organization_limits is not None

    @property
    def is_client(self) -> bool:
        return self.kind == "client"

    def has_expired(self, epoch_seconds: float) -> bool:
        return self.expires_at is not None and self.expires_at <= epoch_seconds
