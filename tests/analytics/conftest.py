"""Keys to send with, and a process that remembers nothing of the test before: those of the evaluation's tests. And who tells."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics import services
from analytics.folding import fold, sum_up
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from tenants.models import Environment
from tests.analytics.batches import Tell, batch
from tests.evaluation.conftest import a_flag as a_flag
from tests.evaluation.conftest import client_key as client_key
from tests.evaluation.conftest import fresh_process as fresh_process
from tests.evaluation.conftest import relay_key as relay_key
from tests.evaluation.conftest import server_key as server_key
from tests.evaluation.conftest import token_key as token_key


@pytest.fixture
def tell(development: Environment) -> Tell:
    """`tell(counts=counts(7), ago=timedelta(hours=3))`: told, folded and summed up."""
    numbers = itertools.count()

    def keep(
        *, ago: timedelta = timedelta(), environment: Environment = development, kind: str = "server", **items: Any
    ) -> None:
        key = HeldKey("", "", kind, environment.organization_id, "", environment.id, "", None)
        now = timezone.now()
        judged = read_batch(batch(f"b{next(numbers)}", at=(now - ago).isoformat(), **items))
        assert judged.rejected == ()
        services.keep_batch(judged, Sender(key, environment.id, kind), environment.organization_id, now=now)
        fold(now=now)
        sum_up()

    return keep
