"""A relay's folder: it starts from it alone, refuses what was damaged in it, and goes on when it cannot write there."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.journeys.faults.clients import Asker
from tests.journeys.faults.conftest import serves
from tests.journeys.faults.installation import SECONDS, Installation, Running, until
from tests.journeys.faults.shop import Shop, kept

StartRelay = Callable[..., Running]


def torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def flipped(file: Path) -> None:
    """One bit, in the middle of what was signed."""
    content = bytearray(file.read_bytes())
    content[content.index(b'"off"') + 1] ^= 1
    file.write_bytes(content)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES = (torn, flipped, emptied, folder_instead)


def test_a_relay_starts_from_its_folder_and_refuses_what_is_damaged_there(
    installation: Installation, shop: Shop, start_relay: StartRelay
) -> None:
    relay = start_relay()
    store = installation.store_of(relay.name)
    with ExitStack() as stack:
        damaged = [Shop(installation, f"{damage.__name__.replace('_', '-')}-{shop.name}") for damage in DAMAGES]
        for each in damaged:
            stack.callback(each.close)
        for each in (shop, *damaged):
            until(lambda each=each: kept(store, each) == each.version(), SECONDS, why=relay.said)  # type: ignore[misc]
        relay.kill()
        installation.before["control"].refuse()
        for damage, each in zip(DAMAGES, damaged, strict=True):
            damage(store / f"{each.id}.manifest.json")

        relay.start_and_wait()
        answers = [relay.ask("/api/v1/sdk/flags", each.server_key).status_code for each in (shop, *damaged)]
        refused = relay.refused("tampered")
        installation.before["control"].pass_on()
        for each in (shop, *damaged):
            until(lambda each=each: serves(relay, each, False), SECONDS, why=relay.said)  # type: ignore[misc]
            each.switch(True)
            until(lambda each=each: serves(relay, each, True), SECONDS, why=relay.said)  # type: ignore[misc]

    assert answers == [200, 503, 503, 503, 503]
    assert refused == 1  # the others cannot even be read


@pytest.mark.parametrize("name", ["jwks.json", "scope.json"])
@pytest.mark.slow
def test_without_keys_or_names_nothing_in_the_folder_is_believed(
    installation: Installation, shop: Shop, start_relay: StartRelay, name: str
) -> None:
    relay = start_relay()
    until(lambda: kept(installation.store_of(relay.name), shop) == shop.version(), SECONDS, why=relay.said)
    relay.kill()
    installation.before["control"].refuse()
    (installation.store_of(relay.name) / name).write_bytes(b'{"keys": 7}')

    relay.start()
    until(lambda: relay.ask("/livez").status_code == 200, SECONDS, why=relay.said)
    answers = [relay.ask("/readyz").status_code, relay.ask("/api/v1/sdk/flags", shop.server_key).status_code]
    installation.before["control"].pass_on()
    until(lambda: serves(relay, shop, False), SECONDS, why=relay.said)

    assert answers == [503, 503]


class SmallDisk:
    """A file system of 8 MB at a relay's store; only root may mount one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.filler = folder, folder / "filler"
        folder.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", str(folder)], check=True)

    def fill(self, relay: Running) -> None:
        with self.filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    def free(self, relay: Running) -> None:
        self.filler.unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
        shutil.rmtree(self.folder)


class SmallFiles:
    """The same for whoever is not root: the relay may write no file of more than a few bytes."""

    def __init__(self, folder: Path) -> None:
        self.most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]

    def fill(self, relay: Running) -> None:
        self._limit(relay, 10)

    def free(self, relay: Running) -> None:
        self._limit(relay, self.most)

    def close(self) -> None:
        pass

    def _limit(self, relay: Running, size: int) -> None:
        assert relay.process
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (size, self.most))


@contextmanager
def a_disk(folder: Path) -> Iterator[SmallDisk | SmallFiles]:
    disk = SmallDisk(folder) if os.geteuid() == 0 else SmallFiles(folder)
    try:
        yield disk
    finally:
        disk.close()


def test_a_full_disk_stops_nobody(installation: Installation, shop: Shop) -> None:
    relay = installation.a_relay(f"relay-on-a-small-disk-{shop.name}")
    store = installation.store_of(relay.name)
    with a_disk(store) as disk:
        try:
            relay.start_and_wait()
            until(lambda: kept(store, shop) == shop.version(), SECONDS, why=relay.said)
            disk.fill(relay)
            with Asker(relay.url, shop.client_key, shop.flag) as asker:
                shop.switch(True)
                until(lambda: serves(relay, shop, True), SECONDS, why=relay.said)
                until(lambda: relay.status()["store"]["failures"] > 0, SECONDS, why=relay.said)
            disk.free(relay)
            shop.switch(False)
            until(lambda: kept(store, shop) == shop.version(), SECONDS, why=relay.said)

            relay.kill()
            installation.before["control"].refuse()
            relay.start_and_wait()
            assert serves(relay, shop, False)
        finally:
            relay.kill()

    assert asker.wrong == []
