"""Every refusal has a counter of its own."""

import pytest

from evaluation.core.delta import DeltaMismatch
from evaluation.core.manifest import InvalidManifest
from evaluation.core.values import InvalidJson
from evaluation.sdk.refusals import KINDS, REFUSED, Refusals
from evaluation.wire.jws import Tampered, UnknownSigner
from evaluation.wire.trust import Expired, Outdated, Strangers


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Tampered, "tampered"),
        (UnknownSigner, "unknown_signer"),
        (Strangers, "strangers"),
        (Outdated, "outdated"),
        (Expired, "expired"),
        (DeltaMismatch, "mismatch"),
        (InvalidManifest, "unreadable"),
        (InvalidJson, "unreadable"),
    ],
)
def test_each_is_counted_by_its_kind(error: type[Exception], kind: str) -> None:
    refusals = Refusals()

    refusals.count(error("why"))

    assert issubclass(error, REFUSED)
    assert refusals.by_kind == {**dict.fromkeys(KINDS, 0), kind: 1}
    assert refusals.total == 1
