"""Several processes on one port: one connection upstream, and none of them matters."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenants import outbox, services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, Environment, Project
from tests.journeys.conftest import Server
from tests.journeys.relay.conftest import RelayProcess, StartRelay, is_on, until
from tests.journeys.relay.crowd import Crowd

PROCESSES, ENVIRONMENTS, CLIENTS = 3, 30, 1000
ESTABLISHED = "01"


@pytest.fixture
def server_keys(shop: Project, development: Environment, system: Actor) -> list[str]:
    """One for each of the environments."""
    keys = []
    for number in range(ENVIRONMENTS - 1):
        place = services.create_environment(shop, key=f"e{number}", name=f"E{number}", actor=system)
        keys.append(services.create_api_key(kind="server", scope=place, name="s", actor=system)[1])
    return keys


@pytest.fixture
def together(server_keys: list[str], control_plane: Server, start_relay: StartRelay) -> RelayProcess:
    outbox.drain()
    relay = start_relay(control_plane.url, "--processes", str(PROCESSES))
    until(lambda: len(by_process(relay)) == PROCESSES, 60, relay.log)
    return relay


def by_process(relay: RelayProcess) -> dict[int, int]:
    """The open streams of applications at each process that has all rules; which of them answers is up to the port."""
    streams: dict[int, int] = {}
    for _ in range(20 * PROCESSES):
        status = relay.status()
        if status["environments"] and all(each["version"] for each in status["environments"]):
            clients = status["clients"]
            streams[status["process"]["number"]] = clients["streams"] - clients["by_kind"]["relay"]
        if len(streams) == PROCESSES:
            break
    return streams


def connections_to(port: int) -> int:
    """How many connections of this machine lead to a port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(fields[2].endswith(f":{port:04X}") and fields[3] == ESTABLISHED for fields in lines)


def children(relay: RelayProcess) -> list[int]:
    pid = relay.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


@pytest.fixture
def crowd(together: RelayProcess, server_keys: list[str], server_key: str) -> Iterator[Crowd]:
    keys = [server_key, *server_keys]
    crowd = Crowd(port_of(together.url), [keys[number % len(keys)] for number in range(CLIENTS)])
    yield crowd
    crowd.leave()


def test_a_thousand_clients_of_thirty_environments_need_one_connection_upstream(
    together: RelayProcess, crowd: Crowd, control_plane: Server, server_keys: list[str], system: Actor
) -> None:
    crowd.listen(lambda: len(crowd.heard(b"event: put")) == CLIENTS, 60)
    streams = by_process(together)

    # The stream, and at times a second one for what the relay tells of itself; not one for each process.
    assert connections_to(port_of(control_plane.url)) <= 2 < PROCESSES
    assert sum(streams.values()) == CLIENTS
    assert min(streams.values()) > CLIENTS / PROCESSES / 2

    revoked = server_keys[7]
    services.revoke_api_key(ApiKey.objects.get(sha256=sha256_of(revoked)), actor=system)
    its_own = [client for client in crowd.clients if client.key == revoked]
    took = crowd.listen(lambda: len(crowd.heard(b"key-revoked")) == len(its_own), 20)

    assert crowd.heard(b"key-revoked") == its_own
    assert took < 10  # two seconds; more where the machine is busy
    assert {together.ask("/api/v1/sdk/flags", revoked).status_code for _ in range(30)} == {401}


def test_whichever_process_dies_the_others_serve_and_it_comes_back(together: RelayProcess, server_key: str) -> None:
    for victim in children(together):
        os.kill(victim, signal.SIGKILL)
        assert not is_on(together, server_key)
        until(lambda victim=victim: victim not in children(together), 10)  # type: ignore[misc]
        until(lambda: len(by_process(together)) == PROCESSES, 60, together.log)

    assert len(children(together)) == PROCESSES


def test_told_to_stop_all_processes_send_their_streams_away(together: RelayProcess, crowd: Crowd) -> None:
    crowd.listen(lambda: len(crowd.heard(b"event: put")) == CLIENTS, 60)
    pids = children(together)

    together.process.send_signal(signal.SIGTERM)
    crowd.listen(lambda: len(crowd.heard(b'"reason":"shutdown"')) == CLIENTS, 20)

    assert together.process.wait(15) == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_no_process_outlives_the_one_that_started_it(together: RelayProcess) -> None:
    pids = children(together)

    together.process.kill()

    until(lambda: not [pid for pid in pids if is_running(pid)], 15, together.log)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # before it is opened, or before it is read
        return False
