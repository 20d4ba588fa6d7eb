"""Whose address counts: the connection's, or what a trusted proxy says; never what a client writes into a header."""

import io
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from evaluation.relay.server import configuration
from tenants.addresses import address_of

PROXY, CLIENT = "10.0.0.7", "203.0.113.9"


async def seen(monkeypatch: pytest.MonkeyPatch, peer: str, *told: str) -> str | None:
    """What our server, with 10.0.0.0/8 trusted, makes of a request from a peer that brings these headers."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.0/8")
    found: list[str | None] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.append(address_of(ASGIRequest(scope, io.BytesIO())))

    config = configuration(application)
    config.load()
    headers = [(b"x-forwarded-for", value.encode()) for value in told]
    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": headers, "client": (peer, 1)}
    server: Any = config.loaded_app
    await server(scope, None, None)
    return found[0]


async def test_a_client_that_names_another_address_is_known_by_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await seen(monkeypatch, CLIENT, "192.0.2.1") == CLIENT
    assert await seen(monkeypatch, CLIENT, "10.0.0.7, 192.0.2.1", "127.0.0.1") == CLIENT


async def test_a_trusted_proxy_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await seen(monkeypatch, PROXY, CLIENT) == CLIENT
    assert await seen(monkeypatch, PROXY, f"{CLIENT}, 10.0.0.8") == CLIENT


async def test_what_a_client_wrote_before_the_proxy_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await seen(monkeypatch, PROXY, f"192.0.2.1, {CLIENT}") == CLIENT
    assert await seen(monkeypatch, PROXY, "192.0.2.1", CLIENT) == CLIENT
    assert await seen(monkeypatch, PROXY, f"10.0.0.1, {CLIENT}, 10.0.0.8") == CLIENT


@pytest.mark.parametrize("told", ["unknown", "'; DROP TABLE", "203.0.113.9.7", "::ffff:zz"])
async def test_what_is_no_address_is_none(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await seen(monkeypatch, PROXY, told) is None


@pytest.mark.parametrize(
    ("connection", "address"),
    [
        ("", None),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_written_in_one_way(connection: str, address: str | None) -> None:
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=connection)) == address
