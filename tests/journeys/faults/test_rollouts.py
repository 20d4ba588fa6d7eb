"""A canary from 1 to 100 %, with its worker killed between two steps and in the middle of one."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, Self

import pytest

from evaluation.sdk.client import Client
from tests.journeys.faults.installation import SECONDS, Installation, until
from tests.journeys.faults.shop import Shop
from tests.journeys.faults.test_worker import asked, locked, somebody_waits

# The last row of the audit chain is what a step writes last, when the flag has changed in its transaction already.
HEADS = "tenants_audithead"
SUBJECTS = [{"targetingKey": f"user-{number}"} for number in range(10_000)]
WAIT_SECONDS = 2


class Visitors:
    """Ten thousand, who ask an application that listens all the time, again and again; `fell_out` had it and lost it."""

    def __init__(self, shop: Shop, url: str) -> None:
        self.client, self.flag = Client(shop.server_key, url), shop.flag
        self.inside, self.fell_out = set[str](), set[str]()
        self.rounds = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        assert self.client.wait_until_ready(SECONDS)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(30)
        self.client.close()

    def have_asked(self) -> None:
        """A whole round from now on."""
        begun = self.rounds
        until(lambda: self.rounds >= begun + 2, SECONDS)

    def _run(self) -> None:
        while not self._stopped.wait(0.05):
            inside = {each["targetingKey"] for each in SUBJECTS if self.client.boolean_value(self.flag, False, each)}
            self.fell_out |= self.inside - inside
            self.inside = inside
            self.rounds += 1


@pytest.fixture
def visitors(installation: Installation, shop: Shop) -> Iterator[Visitors]:
    shop.serve("off")
    with Visitors(shop, installation.relay.url) as made:
        yield made


def steps_in_audit(installation: Installation, rollout: str) -> list[dict[str, Any]]:
    statement = (
        "SELECT after FROM tenants_auditevent WHERE verb = 'rollout.stepped' AND object_id = '{}' ORDER BY position"
    )
    rows = asked(installation, statement.format(rollout.rpartition("/")[2]))
    return [after if isinstance(after, dict) else json.loads(str(after)) for (after,) in rows]


def versions_of_the_state(installation: Installation, shop: Shop) -> list[int]:
    statement = f"SELECT version FROM flags_historicalflagconfig WHERE environment_id = '{shop.id}' ORDER BY history_id"  # noqa: S608
    return [int(str(version)) for (version,) in asked(installation, statement)]


def kill_in_the_middle_of_a_step(installation: Installation, shop: Shop) -> None:
    """On PostgreSQL, when it has changed the flag and not committed; elsewhere at some moment around it."""
    if installation.postgresql is None:
        time.sleep(WAIT_SECONDS + 0.5)
        installation.worker.kill()
        return
    before = versions_of_the_state(installation, shop)
    with locked(installation, f"SELECT 1 FROM {HEADS} FOR UPDATE"):  # noqa: S608
        until(lambda: somebody_waits(installation, HEADS), SECONDS, why=installation.worker.said)
        installation.worker.kill()
    until(lambda: not somebody_waits(installation, HEADS), SECONDS)
    assert versions_of_the_state(installation, shop) == before


def test_a_canary_whose_worker_is_killed_takes_each_step_once_and_loses_nobody(
    installation: Installation, shop: Shop, visitors: Visitors
) -> None:
    before = versions_of_the_state(installation, shop)
    installation.worker.start()
    rollout = shop.roll_out(variant="on", preset="canary", wait_seconds=WAIT_SECONDS, name=f"Canary of {shop.name}")

    def taken() -> int:
        return int(shop.ask(rollout)["step"])

    installation.worker.kill()  # between the first step and the second, whose time passes with nobody to see it
    time.sleep(WAIT_SECONDS * 3)
    assert taken() == 1
    visitors.have_asked()
    assert 50 < len(visitors.inside) < 200

    installation.worker.start()
    until(lambda: taken() == 2, SECONDS, why=lambda: (shop.ask(rollout), installation.worker.said()))
    kill_in_the_middle_of_a_step(installation, shop)
    installation.worker.start()
    until(
        lambda: shop.ask(rollout)["status"] == "finished",
        SECONDS * 2,
        why=lambda: (shop.ask(rollout), installation.worker.said()),
    )
    until(lambda: len(visitors.inside) == len(SUBJECTS), SECONDS)

    assert visitors.fell_out == set()
    steps = steps_in_audit(installation, rollout)
    assert [(step["number"], step["percent"]) for step in steps] == [(1, 1), (2, 5), (3, 25), (4, 100)]
    newest = before[-1]
    assert [step["version"] for step in steps] == [newest + 1, newest + 2, newest + 3, newest + 4]
    assert versions_of_the_state(installation, shop) == [*before, *range(newest + 1, newest + 5)]
    begun = [each["at"] for each in shop.ask(rollout)["taken"]]
    assert begun == sorted(begun)
