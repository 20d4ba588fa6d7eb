"""What the demo's applications told in the last days: mornings are busy, nights are calm, and once the server was away."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import cos, pi
from typing import Any

DAYS, HOURS, MINUTES = 29, 30, 60
SDKS = (
    ("flagforge-python", "1.0.0", "shop"),
    ("flagforge-js", "1.0.0", "storefront"),
    ("flagforge-js", "0.9.2", "kiosk"),
)
# Of a thousand evaluations, so many have this outcome.
OUTCOMES = (
    ("new-checkout", "on", "SPLIT", 130),
    ("new-checkout", "off", "SPLIT", 128),
    ("new-checkout", "on", "TARGETING_MATCH", 20),
    ("new-checkout", "off", "STATIC", 140),
    ("search-engine", "classic", "DISABLED", 150),
    ("theme", "spring", "STATIC", 280),
    ("items-per-page", "many", "SPLIT", 20),
    ("payments-v2", "on", "STATIC", 125),
    ("old-banner", "", "FLAG_NOT_FOUND", 7),
)


def tell(now: datetime) -> None:
    from analytics.attributes.services import classify_attributes
    from analytics.folding import fold, sum_up
    from analytics.services import keep_batch
    from evaluation.delivery.held import HeldKey
    from evaluation.delivery.senders import Sender
    from evaluation.wire.telemetry import read_batch
    from tenants.actors import Actor
    from tenants.models import Environment

    production = Environment.objects.get(project__key="shop", key="production")
    classify_attributes(production.project, {"country": "plain", "plan": "plain"}, actor=Actor.system("demo"))
    key = HeldKey("", "", "server", production.organization_id, "", production.id, "", None)
    for number, (moment, length) in enumerate(_moments(now)):
        batch = read_batch(json.dumps(_batch(number, moment, length)).encode())
        keep_batch(batch, Sender(key, production.id, "server"), production.organization_id, now=now)
    fold(now=now)
    sum_up()


def _moments(now: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """From the oldest: days, then hours, then minutes, and how long each is."""
    for length, count in ((timedelta(days=1), DAYS), (timedelta(hours=1), HOURS), (timedelta(minutes=1), MINUTES)):
        yield from ((now - number * length, length) for number in range(count, 0, -1))


def _batch(number: int, moment: datetime, length: timedelta) -> dict[str, Any]:
    from evaluation.sdk.telemetry.sketch import Sketch

    busy = 0.55 - 0.45 * cos(2 * pi * (moment.hour + moment.minute / 60 - 4) / 24) + 0.07 * (number * 7 % 5)
    whole = int(busy * length.total_seconds() * 2)
    name, version, application = SDKS[number % len(SDKS)]
    sketch = Sketch()
    for place in range(100):
        sketch.add(int((900 + 40 * place + 30 * (number * 11 % 17)) * (1 if place < 97 else 4)))
    told = {
        "batch": f"demo-{number}",
        "sdk": {"name": name, "version": version, "application": application, "instance": f"web-{number % 4}"},
        "from": (moment - timedelta(seconds=30)).isoformat(),
        "to": moment.isoformat(),
        "counts": [
            {"flag": flag, "variant": variant, "reason": reason, "n": max(1, whole * share // 1000)}
            for flag, variant, reason, share in OUTCOMES
        ],
        "latency": {"unit": "ns", "sketch": sketch.as_text()},
        "cache": {"fresh": whole, "stale": whole // 60, "miss": whole // 140 + 1},
        "unknown_flags": {"old-banner": whole // 140 + 1},
        "contexts": [_context(number * 7 + place) for place in range(7)],
        "exposures": [
            {
                "flag": "new-checkout",
                "variant": variant,
                "subject": f"{variant}-{number}-{place}",
                "at": moment.isoformat(),
            }
            for variant, count in (("on", 11), ("off", 11 - number % 2))
            for place in range(count)
        ],
    }
    turns = [("open", 20), ("half-open", 10), ("closed", 9)] if number == DAYS + HOURS - 5 else []
    return told | {
        "breaker": [{"at": (moment - timedelta(seconds=ago)).isoformat(), "to": state} for state, ago in turns]
    }


def _context(number: int) -> dict[str, Any]:
    return {
        "country": ("IN", "IN", "DE", "LK", "FR")[number % 5],
        "plan": ("free", "free", "free", "pro", "business", "pro")[number % 6],
        "age": 18 + number * 13 % 60,
        "email": f"someone-{number % 11}@example.com",
        "app": {"version": ("2.4.0", "2.5.1", "2.5.1")[number % 3]},
    }
