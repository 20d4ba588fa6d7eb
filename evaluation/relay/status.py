"""What operators and supervisors ask of a relay."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..wire.replies import Reply
from .follower import Follower
from .holdings import Holdings
from .plan import Plan


def livez() -> Reply:
    """This process answers. That upstream is down is no reason to restart it."""
    return _json(200, {"status": "ok"})


def readyz(holdings: Holdings) -> Reply:
    """Ready as soon as there are all rules to serve, wherever they came from; after some seconds with those that came."""
    if holdings.is_ready:
        return _json(200, {"status": "ok"})
    return _json(503, {"status": "unavailable", "detail": "not all rules have come from upstream yet"})


def public_keys(jwks: bytes | None) -> Reply:
    """The keys that sign manifests, as upstream wrote them, for whoever evaluates by itself."""
    if jwks is None:
        return _json(503, {"status": "unavailable", "detail": "no public keys have come from upstream yet"})
    return Reply(200, jwks, "application/jwk-set+json", (("Cache-Control", "public, max-age=300"),))


def status(holdings: Holdings, follower: Follower, clients: Mapping[str, int], plan: Plan) -> Reply:
    """The health page: no names of keys, and nothing of what flags say."""
    connected = follower.connected_since is not None
    environments = [_environment(holdings, follower, each) for each in holdings.places]
    is_healthy = connected and holdings.is_ready and not any(each["freshness"] == "STALE" for each in environments)
    document = {
        "status": ("healthy" if is_healthy else "degraded") if plan.has_upstream else "offline",
        "process": {"number": plan.number, "of": plan.count},
        "upstream": {
            "url": follower.upstream.url,
            "connected": connected,
            "connected_since": follower.connected_since,
            "heard_seconds_ago": _ago(follower.heard_at),
            "trouble": follower.trouble if plan.has_upstream else "",
            "circuit": follower.circuit.state(time.monotonic()),
            "refused": follower.refusals.by_kind,
        },
        "environments": environments,
        "public": _public(holdings),
        "keys": len(holdings.keys),
        "clients": {"streams": sum(clients.values()), "by_kind": dict(clients)},
        "answers": {
            "from_memory": holdings.tally.answered(200),
            "not_modified": holdings.tally.answered(304),
            "nothing_held": holdings.tally.answered(503),
            "limited": dict(holdings.limiter.hits),
        },
        "telemetry": holdings.batches.counts(),
        "store": {
            "folder": str(follower.store.folder) if follower.store else None,
            "failures": follower.store.failures if follower.store else 0,
        },
    }
    return _json(200, document)


def _environment(holdings: Holdings, follower: Follower, environment_id: str) -> dict[str, Any]:
    held, place = holdings.rules.get(environment_id), holdings.places[environment_id]
    copy = follower.mirror.copies.get(environment_id)
    return {
        "id": environment_id,
        **place._asdict(),
        "version": held.version if held else None,
        "checksum": held.checksum if held else None,
        "age_seconds": _ago(copy.trusted.freshness.as_of.timestamp()) if copy else None,
        "fresh_as_of": copy.trusted.freshness.as_of.isoformat() if copy else None,
        "freshness": ("STALE" if copy.trusted.is_stale(datetime.now(UTC)) else "FRESH") if copy else None,
        "streams": holdings.hub.listeners(environment_id),
    }


def _public(holdings: Holdings) -> dict[str, Any] | None:
    """What is served without a key; the id of its environment is null while nobody told of that."""
    if holdings.public is None:
        return None
    key = holdings.public_key
    return {"environment": key.environment_id if key else None, "origins": sorted(holdings.public.origins) or ["*"]}


def _ago(moment: float | None) -> float | None:
    return None if moment is None else round(max(0.0, time.time() - moment), 1)


def _json(status: int, document: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(document).encode(), headers=(("Cache-Control", "no-store"),))
