"""A shop with a published flag, and relays that report."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from evaluation.models import ConvergenceReport
from flags.models import Flag
from tenants.models import Environment
from tests.evaluation.conftest import MakeFlag
from tests.tenants.api.conftest import program as program

Say = Callable[..., Any]
PRODUCTION = "/api/v1/organizations/acme/projects/shop/environments/production"
CONVERGENCE = f"{PRODUCTION}/convergence/"


@pytest.fixture
def checkout(a_flag: MakeFlag, production: Environment, publish: Callable[[], int]) -> Flag:
    """Published on, as version 1."""
    flag = a_flag("checkout", production, enabled=True)
    publish()
    return flag


@pytest.fixture
def say(client: Client, relay_key: str, production: Environment) -> Say:
    """`say("edge-1", {41: 3, 42: 117}, holds=42)`: what a relay reports now; `key` for another relay key."""

    def report(name: str, streams: dict[int, int], *, holds: int, key: str = relay_key, **seen: Any) -> Any:
        counts = {str(version): count for version, count in streams.items()}
        said = {"holds": holds, "streams": counts, "instances": {}} | seen
        environments = {production.id: said}
        return send(client, key, reporters=[{"id": name, "name": name, "environments": environments}])

    return report


def send(client: Client, key: str, **members: Any) -> Any:
    body = json.dumps({"at": time.time(), "reporters": []} | members)
    headers = {"X-API-Key": key}
    return client.post("/api/v1/sdk/relay/convergence", body, content_type="application/json", headers=headers)


@pytest.fixture
def silence() -> Callable[[str, float], None]:
    """Makes what a relay last said older by so many seconds."""

    def age(name: str, seconds: float) -> None:
        row = ConvergenceReport.objects.get(reporter=name)
        row.heard_at -= timedelta(seconds=seconds)
        row.save(update_fields=["heard_at"])

    return age
