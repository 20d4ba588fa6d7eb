"""Each process of a machine shows its numbers at a port of its own."""

import logging
import socket

import httpx
import pytest

from evaluation.delivery.window import Window
from evaluation.relay.window import open_window
from evaluation.wire.replies import Reply
from script.places import HOST, free_port


def test_who_finds_the_port_taken_takes_the_next_and_neither_is_asked_for_the_other() -> None:
    first = Window(HOST, free_port(), {"/metrics": lambda asked: Reply(200, b"one", "text/plain")})
    second = Window(
        HOST, first.port, {"/metrics": lambda asked: Reply(200, asked.query["name"].encode(), "text/plain")}
    )

    assert first.port < second.port
    assert httpx.get(f"http://{HOST}:{first.port}/metrics").text == "one"
    assert httpx.get(f"http://{HOST}:{second.port}/metrics?name=two").text == "two"
    assert httpx.get(f"http://{HOST}:{second.port}/").status_code == 404
    assert httpx.post(f"http://{HOST}:{second.port}/metrics").status_code == 501

    first.close()
    second.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{HOST}:{second.port}/metrics")


async def test_a_relay_that_finds_no_port_says_so_and_serves_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("evaluation.delivery.window.MOST_PROCESSES", 1)
    with socket.create_server((HOST, 0)) as taken, caplog.at_level(logging.WARNING):
        window = open_window(HOST, taken.getsockname()[1], "", lambda: Reply(200, b""))

    assert window is None
    assert "no metrics of this process alone" in caplog.text
