"""Connections that are half-open, and proxies that hand out an answer when it has ended: noticed, and gone around."""

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.journeys.faults.clients import Asker, PollListener, SseListener
from tests.journeys.faults.conftest import serves
from tests.journeys.faults.installation import SECONDS, Installation, Running, until
from tests.journeys.faults.proxy import Proxy
from tests.journeys.faults.shop import Shop

StartRelay = Callable[..., Running]
# A relay drops a connection upstream without a byte for 40 s, and a client that confirms nothing for 30 s of what it is sent;
# there are 15 s between heartbeats.
NOTICED = 40 + SECONDS
NETWORK = itertools.count(os.getpid() % 200)


@pytest.mark.slow
def test_a_half_open_stream_between_relay_and_control_plane_is_noticed(installation: Installation, shop: Shop) -> None:
    with Asker(installation.relay.url, shop.client_key, shop.flag, pause=0.1) as asker:
        installation.before["control"].lose()
        shop.switch(True)
        taken = until(lambda: serves(installation.relay, shop, True), NOTICED, why=installation.relay.said)

    assert taken > 2, "the link was not lost at all"
    assert asker.wrong == []


@pytest.mark.slow
def test_a_half_open_stream_between_client_and_relay_is_noticed_by_the_client(
    installation: Installation, shop: Shop
) -> None:
    proxy = Proxy(int(installation.relay.url.rpartition(":")[2]))
    try:
        with SseListener(f"http://127.0.0.1:{proxy.port}", shop.client_key, shop.flag) as listener:
            until(lambda: listener.value is False, SECONDS)
            proxy.lose()
            shop.switch(True)
            until(lambda: listener.value is True, NOTICED)
    finally:
        proxy.close()

    assert listener.connections == 2
    assert listener.versions == sorted(listener.versions)


def a_wire(name: str) -> tuple[str, str]:
    """The addresses of both ends of a new virtual wire: ours, and the one in a network namespace of that name."""
    ours, theirs = (f"10.213.{next(NETWORK) % 250}.{end}" for end in (1, 2))
    theirs = ours[:-1] + "2"
    for words in (
        f"netns add {name}",
        f"link add {name}-a type veth peer name {name}-b netns {name}",
        f"addr add {ours}/30 dev {name}-a",
        f"link set {name}-a up",
        f"-n {name} addr add {theirs}/30 dev {name}-b",
        f"-n {name} link set {name}-b up",
    ):
        subprocess.run(["ip", *words.split()], check=True)
    return ours, theirs


@contextmanager
def a_machine_of_its_own(name: str) -> Iterator[str]:
    """A network namespace; yields our address as seen from there."""
    try:
        yield a_wire(name)[0]
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace")
@pytest.mark.slow
def test_a_client_whose_machine_lost_its_network_is_noticed_by_the_relay(
    installation: Installation, shop: Shop, start_relay: StartRelay
) -> None:
    name = f"ff{os.getpid() % 100_000}"
    with a_machine_of_its_own(name) as address:
        relay = start_relay("--host", "0.0.0.0")  # noqa: S104
        until(lambda: serves(relay, shop, False), SECONDS, why=relay.said)
        url = f"{relay.url.replace('127.0.0.1', address)}/api/v1/sdk/stream?key={shop.client_key}"
        curl = subprocess.Popen(["ip", "netns", "exec", name, "curl", "-sN", url], stdout=subprocess.DEVNULL)
        try:
            until(lambda: relay.status()["clients"]["streams"] == 1, SECONDS, why=relay.said)
            subprocess.run(["ip", "link", "set", f"{name}-a", "down"], check=True)
            until(lambda: relay.status()["clients"]["streams"] == 0, NOTICED, why=relay.said)
        finally:
            curl.kill()
            curl.wait()


def test_behind_a_proxy_that_buffers_a_stream_stays_mute_and_a_poll_gets_through(
    installation: Installation, shop: Shop
) -> None:
    proxy = Proxy(int(installation.relay.url.rpartition(":")[2]))
    proxy.buffer()
    url = f"http://127.0.0.1:{proxy.port}"
    try:
        with (
            SseListener(url, shop.client_key, shop.flag) as stream,
            PollListener(url, shop.client_key, shop.flag) as poll,
        ):
            until(lambda: poll.value is False, SECONDS)
            shop.switch(True)
            until(lambda: poll.value is True, SECONDS)
            assert stream.versions == []
    finally:
        proxy.close()


def test_a_relay_behind_a_proxy_that_buffers_serves_what_it_has(
    installation: Installation, shop: Shop, start_relay: StartRelay
) -> None:
    control = installation.before["control"]
    relay = start_relay()
    until(lambda: serves(relay, shop, False), SECONDS, why=relay.said)
    with Asker(relay.url, shop.client_key, shop.flag) as asker:
        control.buffer()
        control.cut()
        until(lambda: not relay.status()["upstream"]["connected"], SECONDS, why=relay.said)
        shop.switch(True)
        control.pass_on()
        control.cut()  # whoever configured it, restarts it
        until(lambda: serves(relay, shop, True), SECONDS, why=relay.said)

    assert asker.wrong == []


def test_a_slow_link_only_delays(installation: Installation, shop: Shop) -> None:
    installation.before["control"].delay(0.5)
    with Asker(installation.relay.url, shop.client_key, shop.flag) as asker, suppress(AssertionError):
        shop.switch(True)
        until(lambda: serves(installation.relay, shop, True), SECONDS, why=installation.relay.said)

    assert serves(installation.relay, shop, True)
    assert asker.wrong == []
