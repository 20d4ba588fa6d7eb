"""Names are looked up beside one another: what hangs of one is nobody else's trouble, and is left behind."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tenants.webhooks import names
from tenants.webhooks.sending import Answer, Letter, send
from tests.tenants.webhooks.conftest import LOOPBACK
from tests.tenants.webhooks.endpoint import an_endpoint, says, seconds

HANGING = 80


@pytest.fixture
def tarpit(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Whoever asks for a name of tarpit.example waits until this is set."""
    over, really = threading.Event(), socket.getaddrinfo

    def resolve(host: Any, *args: Any, **options: Any) -> Any:
        if str(host).endswith("tarpit.example"):
            over.wait(20)
            raise OSError("there is no such name")
        return really(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield over
    over.set()
    for thread in looking_up():
        thread.join(5)


def looking_up() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "names"]


def send_all(*urls: str) -> list[Answer]:
    async def go() -> list[Answer]:
        return await asyncio.gather(*(send(Letter(url, b"{}", {}, LOOPBACK, deadline=1.0)) for url in urls))

    return asyncio.run(go())


def test_names_that_hang_hold_up_neither_other_requests_nor_their_round_nor_the_end_of_the_process(
    tarpit: threading.Event,
) -> None:
    began = time.monotonic()
    with an_endpoint(says(200)) as endpoint:
        *hung, good = send_all(*(f"https://{i}.tarpit.example/" for i in range(HANGING)), endpoint.url())

    assert good.is_good, good.fault
    assert {answer.fault for answer in hung} == {"no whole answer within 1 s"}
    assert seconds(began) < 10  # a look-up takes 20
    assert [thread.daemon for thread in looking_up()] == [True] * HANGING


def test_so_many_are_looked_up_at_once_and_no_more(tarpit: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_places", threading.BoundedSemaphore(1))

    with an_endpoint(says(200)) as endpoint:
        first, second = send_all("https://tarpit.example/", endpoint.url())
        assert (first.fault, second.fault) == ("no whole answer within 1 s", "too many names are being looked up")
        tarpit.set()
        looking_up()[0].join(5)
        assert send_all(endpoint.url())[0].is_good
