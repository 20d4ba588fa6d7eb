"""A flag of Acme's shop that is on in development, a guardrail over it, and applications that tell how requests ended."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics import services
from analytics.folding import fold
from analytics.guardrails.services import create_guardrail
from analytics.models import Guardrail
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from flags.models import Flag
from flags.services import put_config
from tenants.actors import Actor
from tenants.models import Environment
from tests.analytics.batches import batch
from tests.flags.conftest import a_flag as a_flag
from tests.flags.conftest import checkout as checkout
from tests.flags.conftest import configured as configured

ERRORS: dict[str, Any] = {"name": "Checkout fails", "source": "errors", "variant": "on", "budget": 0.02}
Report = Callable[..., None]


@pytest.fixture
def served(checkout: Flag, development: Environment, production: Environment, system: Actor) -> Flag:
    """On in both environments, of which production is protected."""
    for environment in (development, production):
        put_config(checkout, environment, {"enabled": True}, actor=system)
    return checkout


@pytest.fixture
def guardrail(served: Flag, development: Environment, as_bob: Actor) -> Guardrail:
    return create_guardrail(served, development, ERRORS, actor=as_bob)


@pytest.fixture
def report(development: Environment) -> Report:
    """`report(requests=500, errors=40)`: an application told it, and it is folded."""
    numbers = itertools.count()

    def keep(
        *,
        requests: int,
        errors: int,
        variant: str = "on",
        flag: str = "checkout",
        kind: str = "server",
        at: datetime | None = None,
        environment: Environment = development,
    ) -> None:
        now = timezone.now()
        at = at or now
        item = {"flag": flag, "variant": variant, "requests": requests, "errors": errors}
        judged = read_batch(batch(f"g{next(numbers)}", at=at.isoformat(), errors=[item]))
        key = HeldKey("", "", kind, environment.organization_id, "", environment.id, "", None)
        services.keep_batch(judged, Sender(key, environment.id, kind), environment.organization_id, now=now)
        fold(now=now + timedelta(seconds=1))

    return keep
