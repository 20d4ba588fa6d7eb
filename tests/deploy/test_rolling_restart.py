"""A rolling restart of every part under load: no question fails, no change is refused, no entry of the audit log is missing."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import psycopg
import pytest

from tests.deploy.installation import Behind
from tests.journeys.faults.clients import Asker, Crowd, SocketListener, SseListener
from tests.journeys.faults.installation import SECONDS, until
from tests.journeys.faults.shop import Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Changer:
    """Switches the flag without a pause; `confirmed` counts what the management API has said yes to."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.confirmed, self.wrong, self.last = shop, 0, list[str](), False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._stopped.wait(0.05):
            try:
                self.shop.switch(not self.last)
            except httpx.HTTPError as error:
                self.wrong.append(repr(error))
                continue
            self.confirmed, self.last = self.confirmed + 1, not self.last

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            self._thread.join(30)


def entries(behind: Behind) -> int:
    """Of the audit log, all there are."""
    assert behind.composed.postgresql is not None
    with psycopg.connect(behind.composed.postgresql.url("postgres")) as connection:
        row = connection.execute("SELECT count(*) FROM tenants_auditevent WHERE organization_id IS NOT NULL").fetchone()
    assert row is not None
    return int(row[0])


def restart_everything(behind: Behind) -> None:
    """As docs/deploying.md says: one half rests, is started anew, is ready; then the other. Worker and beat follow."""
    for serving, resting in (("second", "first"), ("first", "second")):
        behind.give_everything_to(serving)
        for part, program in behind.release(resting).items():
            program.kill(signal.SIGTERM)
            assert program.process is not None
            assert program.process.returncode in (0, -signal.SIGTERM), program.said()  # not killed
            program.start()
            behind.composed.ready(part, program)
    for part in ("worker", "beat"):
        successor = behind.composed.start(part, f"{part}-2")
        behind.composed.ready(part, successor)
        behind.alone[part].kill(signal.SIGTERM)
        behind.alone[part] = successor
    behind.give_everything_to("both")


def test_every_part_is_restarted_under_load(behind: Behind) -> None:
    shop = behind.shop("rolling")
    behind.wait_until_relays_serve(shop)
    changer, before = Changer(shop), entries(behind)
    ways = (SseListener, SocketListener)
    url = behind.nginx.url
    with ExitStack() as stack:
        crowd = stack.enter_context(Crowd(*(way(url, shop.client_key, shop.flag) for way in ways)))
        askers = [
            stack.enter_context(Asker(url, key, shop.flag, fresh=True)) for key in (shop.client_key, shop.server_key)
        ]
        with changer.at_work():
            restart_everything(behind)
        until(lambda: crowd.all_see(changer.last), SECONDS)
    shop.close()

    assert [asker.wrong for asker in askers] == [[], []]
    assert changer.wrong == []
    assert entries(behind) - before == changer.confirmed > 20
    assert min(len(asker.took) for asker in askers) > 100
    assert crowd.has_never_gone_back()
    behind.composed.run("web", "python", "manage.py", "audit", "verify")
