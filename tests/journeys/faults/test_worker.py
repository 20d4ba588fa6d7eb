"""Processes that die between a commit and its publication, or in the middle of one: every event is worked off once, in order."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.faults.clients import Crowd
from tests.journeys.faults.installation import SECONDS, Installation, until
from tests.journeys.faults.shop import Shop

HEADS = "evaluation_manifesthead"


def asked(installation: Installation, statement: str) -> list[tuple[object, ...]]:
    """Straight from the database, whichever it is."""
    if installation.postgresql:
        with installation.postgresql.connect(autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()
    with sqlite3.connect(installation.places.data / "flagforge.sqlite3", timeout=20) as file:
        return file.execute(statement).fetchall()


def published(installation: Installation, shop: Shop) -> list[int]:
    rows = asked(
        installation,
        f"SELECT version FROM evaluation_manifestversion WHERE environment_id = '{shop.id}' ORDER BY id",  # noqa: S608
    )
    return [int(str(version)) for (version,) in rows]


def is_waiting(installation: Installation) -> bool:
    return asked(installation, "SELECT count(*) FROM tenants_outboxevent WHERE processed_at IS NULL") != [(0,)]


@contextmanager
def locked(installation: Installation, statement: str) -> Iterator[None]:
    """A lock that somebody else holds, so that whoever publishes stands still at that point."""
    assert installation.postgresql
    with installation.postgresql.connect() as connection:
        connection.execute(statement.encode())
        yield


def somebody_waits(installation: Installation, for_what: str) -> bool:
    waiting = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return any(for_what in str(query) for (query,) in asked(installation, waiting))


@pytest.mark.postgresql
@pytest.mark.slow
def test_the_process_that_committed_dies_before_it_publishes(
    installation: Installation, shop: Shop, crowd: Crowd
) -> None:
    before = published(installation, shop)
    lock = f"SELECT 1 FROM {HEADS} WHERE environment_id = '{shop.id}' FOR UPDATE"  # noqa: S608
    with locked(installation, lock):
        shop.switch(True)
        until(lambda: somebody_waits(installation, HEADS), SECONDS)  # the nudge, in the middle of its transaction
        installation.control.kill()
    until(lambda: not somebody_waits(installation, HEADS), SECONDS)

    assert is_waiting(installation)
    assert published(installation, shop) == before

    installation.worker.start()
    until(lambda: not is_waiting(installation), SECONDS, why=installation.worker.said)
    installation.control.start_and_wait()
    until(lambda: crowd.all_see(True), SECONDS, why=installation.relay.said)

    assert published(installation, shop) == [*before, before[-1] + 1]
    assert crowd.has_never_gone_back()
    assert shop.is_on()


@pytest.mark.postgresql
@pytest.mark.slow
def test_the_worker_dies_in_the_middle_of_a_publication(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    before = published(installation, shop)
    environment = f"SELECT 1 FROM tenants_environment WHERE id = '{shop.id}' FOR NO KEY UPDATE"  # noqa: S608
    with locked(installation, environment):
        for enabled in (True, False, True):
            shop.switch(enabled)
        until(lambda: somebody_waits(installation, "tenants_environment"), SECONDS)  # the nudge, before it has begun
        installation.control.kill()
    until(lambda: not somebody_waits(installation, "tenants_environment"), SECONDS)

    lock = f"SELECT 1 FROM {HEADS} WHERE environment_id = '{shop.id}' FOR UPDATE"  # noqa: S608
    with locked(installation, lock):
        installation.worker.start()
        until(lambda: somebody_waits(installation, HEADS), SECONDS, why=installation.worker.said)
        installation.worker.kill()  # the new version is written, and not committed
    until(lambda: not somebody_waits(installation, HEADS), SECONDS)

    assert is_waiting(installation)
    assert published(installation, shop) == before

    installation.worker.start()
    until(lambda: not is_waiting(installation), SECONDS, why=installation.worker.said)
    installation.control.start_and_wait()
    until(lambda: crowd.all_see(True), SECONDS, why=installation.relay.said)

    assert published(installation, shop) == [*before, before[-1] + 1]
    assert crowd.has_never_gone_back()
    assert shop.is_on()


def leave_something(installation: Installation, shop: Shop) -> None:
    """As a process leaves it that dies between its commit and its nudge."""
    assert installation.postgresql
    statement = (
        "INSERT INTO tenants_outboxevent (topic, organization_id, environment_id, payload, created_at, attempts, last_error) "
        "SELECT 'environment.looked_at', organization_id, id, '{}', now(), 0, '' FROM tenants_environment WHERE id = %s"
    )
    with installation.postgresql.connect() as connection:
        connection.execute(statement, [shop.id])


def killed(installation: Installation) -> None:
    assert installation.redis
    installation.redis.kill()
    installation.redis.start()


def half_open(installation: Installation) -> None:
    installation.before["redis"].lose()


def silent_for_a_while(installation: Installation) -> None:
    installation.before["redis"].hold()
    time.sleep(10)
    installation.before["redis"].pass_on()


@pytest.mark.postgresql
@pytest.mark.slow
@pytest.mark.parametrize("fault", [killed, half_open, silent_for_a_while])
def test_the_worker_sweeps_again_after_its_broker_failed(
    installation: Installation, shop: Shop, fault: Callable[[Installation], None]
) -> None:
    installation.worker.start()
    leave_something(installation, shop)
    until(lambda: not is_waiting(installation), SECONDS, why=installation.worker.said)

    fault(installation)
    leave_something(installation, shop)

    until(lambda: not is_waiting(installation), SECONDS, why=installation.worker.said)
    assert installation.worker.is_running


@pytest.mark.slow
def test_everything_is_killed_again_and_again_while_changes_pour_in(
    installation: Installation, shop: Shop, crowd: Crowd
) -> None:
    for number in range(1, 13):
        installation.worker.start()
        confirmed = [shop.try_to_switch(each % 2 == number % 2) for each in range(10)]
        (installation.worker if number % 3 else installation.control).kill()
        if installation.worker.is_running:
            installation.worker.kill()
        if not installation.control.is_running:
            installation.control.start_and_wait()
        assert any(confirmed)

    shop.switch(True)
    installation.worker.start()
    until(lambda: not is_waiting(installation), SECONDS, why=installation.worker.said)
    until(lambda: crowd.all_see(True), SECONDS, why=installation.relay.said)

    versions = published(installation, shop)
    assert versions == list(range(1, len(versions) + 1))
    assert crowd.has_never_gone_back()
    assert shop.is_on()
