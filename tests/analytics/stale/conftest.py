"""Applications that tell of evaluations day by day, and flags that were made long ago."""

import itertools
from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from analytics import services
from analytics.folding import fold, sum_up
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from flags import services as flag_services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import Environment
from tests.analytics.batches import batch, counts
from tests.evaluation.conftest import MakeFlag

Told = Callable[..., None]
OldFlag = Callable[..., Flag]


@pytest.fixture
def told() -> Told:
    """`told(production, "checkout", days=range(40))`: ten evaluations on each of these days before today."""
    numbers = itertools.count()

    def keep(
        environment: Environment,
        flag: str = "another",
        variant: str = "on",
        *,
        days: Iterable[int] = range(40),
        n: int = 10,
    ) -> None:
        now = timezone.now()
        key = HeldKey("", "", "server", environment.organization_id, "", environment.id, "", None)
        for ago in days:
            at = (now - timedelta(days=ago)).isoformat()
            judged = read_batch(batch(f"b{next(numbers)}", at=at, counts=counts(n, flag=flag, variant=variant)))
            services.keep_batch(judged, Sender(key, environment.id, "server"), environment.organization_id, now=now)
        fold(now=now)
        sum_up()
        cache.clear()

    return keep


@pytest.fixture
def old_flag(a_flag: MakeFlag) -> OldFlag:
    """`old_flag("checkout", production, age=100, enabled=True)`: made, and its state saved, so many days ago."""

    def make(key: str, *environments: Environment, age: int = 100, **state: object) -> Flag:
        flag = a_flag(key)
        for environment in environments:
            body = {"off": "off", "fallthrough": {"variant": "on"}, **state}
            flag_services.put_config(flag, environment, body, actor=Actor.system("test"))
        then = timezone.now() - timedelta(days=age, hours=1)
        Flag.objects.filter(pk=flag.pk).update(created_at=then)
        FlagConfig.objects.filter(flag=flag).update(updated_at=then)
        flag.refresh_from_db()
        return flag

    return make
