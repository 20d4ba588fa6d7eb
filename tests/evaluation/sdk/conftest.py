"""Something to connect to, and clients that are closed with the test."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evaluation.sdk.client import Client
from evaluation.sdk.hearing import connection as connections
from evaluation.sdk.hearing import following, ladder
from tests.evaluation.sdk.edge import SECRET, Edge, a_flag
from tests.evaluation.sdk.proxy import Habit, Proxy

Connect = Callable[..., Client]
Between = Callable[[Habit], Proxy]


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge(checkout=a_flag())
    edge.start()
    yield edge
    edge.stop()


@pytest.fixture
def connect(edge: Edge) -> Iterator[Connect]:
    """A client of the edge, or of whatever the options say."""
    made: list[Client] = []

    def to(**options: Any) -> Client:
        made.append(Client(**{"sdk_key": SECRET, "base_url": edge.url, **options}))
        return made[-1]

    yield to
    for client in made:
        client.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is waited for in life, a good deal shorter."""
    monkeypatch.setattr(connections, "OPENING_SECONDS", 1.0)
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(following, "GOOD_SECONDS", 1.0)
    monkeypatch.setattr(ladder, "PROBE_SECONDS", 1.0)
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(following, "REFUSED_SECONDS", 0.2)


@pytest.fixture
def between(edge: Edge) -> Iterator[Between]:
    """Puts something between clients and the edge."""
    made: list[Proxy] = []

    def put_between(habit: Habit) -> Proxy:
        made.append(Proxy(edge.port, habit))
        return made[-1]

    yield put_between
    for proxy in made:
        proxy.close()


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.01)
