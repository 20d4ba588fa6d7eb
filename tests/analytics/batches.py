"""Telemetry as an SDK sends it."""

import json
from collections.abc import Callable
from typing import Any

Tell = Callable[..., None]


def batch(name: str = "b1", *, at: str = "2026-11-27T10:00:30Z", **items: Any) -> bytes:
    """The body of one batch, that was over at this moment."""
    sdk = {"name": "test", "version": "1.0", "application": "shop", "instance": "web-1"}
    return json.dumps({"batch": name, "sdk": sdk, "from": at, "to": at, **items}).encode()


def counts(n: int, *, flag: str = "checkout", variant: str = "on", reason: str = "SPLIT") -> list[dict[str, Any]]:
    return [{"flag": flag, "variant": variant, "reason": reason, "n": n}]
