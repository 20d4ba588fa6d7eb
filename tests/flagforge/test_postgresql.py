"""A PostgreSQL that went silent is out of reach; one that is only slow is waited for."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from flagforge.postgresql import base
from tests.journeys.faults.proxy import Proxy

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

SILENT_SECONDS = 0.3


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy(int(connection.settings_dict["PORT"]))
    yield made
    made.close()


@pytest.fixture
def wrapper(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A second connection, through the proxy."""
    monkeypatch.setattr(base, "SILENT_SECONDS", SILENT_SECONDS)
    made = base.DatabaseWrapper({**connection.settings_dict, "HOST": "127.0.0.1", "PORT": proxy.port}, "second")
    made.inc_thread_sharing()
    yield made
    proxy.pass_on()
    made.close()


def test_a_silent_server_is_given_up_and_found_again(wrapper: Any, proxy: Proxy) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")
    proxy.hold()

    begun = time.monotonic()
    with pytest.raises(OperationalError, match="does not answer any more"), wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")
    taken = time.monotonic() - begun
    proxy.pass_on()
    wrapper.close_if_unusable_or_obsolete()

    assert SILENT_SECONDS < taken < 10
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_no_question_is_compiled_in_any_transaction(wrapper: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
    with wrapper.cursor() as cursor:
        cursor.execute("ROLLBACK")
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def test_a_slow_statement_is_waited_for(wrapper: Any) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1), 2")

        assert cursor.fetchone() == ("", 2)


def test_the_usual_connection_is_one_of_these() -> None:
    with transaction.atomic():
        assert isinstance(connection.connection, base.Connection)
