"""Why manifests and deltas were refused, counted by kind: the same names in a status page, in metrics and in telemetry."""

from collections import Counter

from ..core.delta import DeltaMismatch
from ..core.manifest import InvalidManifest
from ..core.values import InvalidJson
from ..wire.jws import Tampered, UnknownSigner, Untrusted
from ..wire.trust import Expired, Outdated, Strangers

# What a reader takes for a reason to go on with what it has.
REFUSED = (Untrusted, DeltaMismatch, InvalidManifest, InvalidJson)
KINDS: dict[str, tuple[type[Exception], ...]] = {
    "tampered": (Tampered,),
    "unknown_signer": (UnknownSigner,),
    "strangers": (Strangers,),
    "outdated": (Outdated,),
    "expired": (Expired,),
    "mismatch": (DeltaMismatch,),
    "unreadable": (InvalidManifest, InvalidJson),
}


class Refusals:
    """`by_kind` has every kind from the beginning, so that a counter is there before anything happened."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter(dict.fromkeys(KINDS, 0))

    @property
    def by_kind(self) -> dict[str, int]:
        return dict(self._counts)

    @property
    def total(self) -> int:
        return self._counts.total()

    def count(self, error: Exception) -> None:
        self._counts[kind_of(error)] += 1


def kind_of(error: Exception) -> str:
    """For any of `REFUSED`."""
    return next((kind for kind, errors in KINDS.items() if isinstance(error, errors)), "tampered")
