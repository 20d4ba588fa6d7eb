"""Eight threads ask while rules are replaced a thousand times: nobody ever sees half of a change, or goes back."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from evaluation.core.manifest import ruleset_from
from evaluation.core.model import Ruleset
from evaluation.sdk.client import Client
from tests.evaluation.sdk.edge import a_flag
from tests.evaluation.wire.test_trust import manifest

SWAPS, THREADS = 1_000, 8
Look = Callable[[Client], tuple[int, int]]


@pytest.fixture(autouse=True)
def restless() -> Iterator[None]:
    """Threads take turns far more often than usual, and so in the middle of everything."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.00005)
    yield
    sys.setswitchinterval(usual)


def stamped(version: int) -> Ruleset:
    """Rules whose two flags both say which version they are."""
    flag = a_flag(version, value_type="integer", version=version)
    return ruleset_from(manifest(version, first=flag, last=flag))


def all_at_once(client: Client) -> tuple[int, int]:
    values = client.all_flags()
    return values["first"], values["last"]


def one_after_the_other(client: Client) -> tuple[int, int]:
    with client.moment():
        return client.integer_value("first", 0), client.integer_value("last", 0)


@pytest.mark.parametrize("look", [all_at_once, one_after_the_other])
def test_nobody_sees_half_of_a_change(look: Look) -> None:
    client = Client(mode="offline", bootstrap=stamped(1))
    seen: list[list[tuple[int, int]]] = [[] for _ in range(THREADS)]
    is_over = threading.Event()

    def ask(mine: list[tuple[int, int]]) -> None:
        while not is_over.is_set():
            found = look(client)
            if not mine or mine[-1] != found:
                mine.append(found)

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    for version in range(2, SWAPS + 1):
        client._use(stamped(version))
    is_over.set()
    for thread in threads:
        thread.join()

    assert all(first == last for mine in seen for first, last in mine)
    assert all(mine == sorted(mine) for mine in seen)
    assert max(len(mine) for mine in seen) > 10
