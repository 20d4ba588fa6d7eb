"""Something to connect to, and clients that are closed with the test."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evaluation.sdk.client import Client
from tests.evaluation.sdk.edge import SECRET, Edge, a_flag

Connect = Callable[..., Client]


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


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.01)
