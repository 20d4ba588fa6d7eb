"""Telemetry of applications behind a relay: nothing is lost while upstream is away, and nothing is kept twice."""

import os
import signal
import subprocess
import sys

import httpx

from tests.journeys.faults.installation import SECONDS, Installation, until
from tests.journeys.faults.shop import Shop

AT = "2026-11-21T10:00:00Z"
COUNTED = """
import sys
import django
django.setup()
from analytics.models import TelemetryBatch
rows = TelemetryBatch.objects.filter(environment_id=sys.argv[1])
print(*sorted(f"{row.batch}={sum(each['n'] for each in row.document['counts'])}" for row in rows))
"""


def send(url: str, shop: Shop, name: str) -> int:
    count = {"flag": shop.flag, "variant": "on", "reason": "STATIC", "n": len(name)}
    batch = {"batch": name, "sdk": {"name": "drill"}, "from": AT, "to": AT, "counts": [count]}
    headers = {"X-API-Key": shop.server_key}
    return httpx.post(f"{url}/api/v1/sdk/events", json=batch, headers=headers, timeout=10).status_code


def kept(installation: Installation, shop: Shop) -> list[str]:
    words, environment = [sys.executable, "-c", COUNTED, shop.id], {**os.environ, **installation.environment}
    said = subprocess.run(words, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return said.split()


def test_batches_wait_in_a_relay_through_its_own_restart_until_upstream_is_back(
    installation: Installation, shop: Shop
) -> None:
    relay = installation.relay
    assert send(relay.url, shop, "before") == 202
    until(lambda: relay.status()["telemetry"]["queued"] == 0, SECONDS, why=relay.said)
    installation.control.kill()

    first = [f"first-{number:02}" for number in range(20)]
    assert {send(relay.url, shop, name) for name in (*first, first[0])} == {202}
    assert relay.status()["telemetry"]["queued"] == 21
    relay.kill(signal.SIGTERM)
    relay.start_and_wait()
    second = [f"second-{number:02}" for number in range(20)]
    assert {send(relay.url, shop, name) for name in second} == {202}
    assert relay.status()["telemetry"]["queued"] == 41

    installation.control.start_and_wait()
    until(lambda: relay.status()["telemetry"]["sent"] == 41, SECONDS, why=relay.said)

    assert kept(installation, shop) == sorted(f"{name}={len(name)}" for name in ("before", *first, *second))
    assert relay.status()["telemetry"] == {"queued": 0, "bytes": 0, "sent": 41, "refused": 0, "dropped": 0}
