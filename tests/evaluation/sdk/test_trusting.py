"""TLS with an authority of one's own, for SDK and relay: it is believed where it is given, and for the right host alone."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from evaluation.relay.options import read_options
from evaluation.sdk.client import Client
from evaluation.sdk.hearing.connection import Connection
from evaluation.sdk.trusting import VARIABLE, trusted
from evaluation.sdk.upstream import Unreachable, Upstream
from tests.certificates import Authority

KEYS = b'{"keys":[]}'
SERVER_KEY, RELAY_KEY = "ff_server_" + "s" * 43, "ff_relay_" + "r" * 43
Ask = Callable[[str, Path | None], Any]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def serving(certificate: tuple[Path, Path]) -> AsyncIterator[str]:
    """A server with this certificate, which answers everything with a set of keys."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(KEYS) + KEYS)
        await writer.drain()
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


async def by_sdk(url: str, ca_file: Path | None) -> bytes:
    connection = Connection(url, SERVER_KEY, verify=trusted(ca_file))
    try:
        return await connection.public_keys()
    finally:
        await connection.close()


async def by_relay(url: str, ca_file: Path | None) -> bytes:
    upstream = Upstream(url, RELAY_KEY, ca_file=ca_file)
    try:
        return await upstream.public_keys()
    finally:
        await upstream.close()


BOTH = pytest.mark.parametrize("ask", [by_sdk, by_relay])


@BOTH
async def test_an_authority_of_ones_own_is_believed_where_it_is_given(ask: Ask, authority: Authority) -> None:
    async with serving(authority.certify("localhost")) as url:
        assert await ask(url, authority.file) == KEYS


@BOTH
async def test_without_it_the_server_is_refused(ask: Ask, authority: Authority) -> None:
    async with serving(authority.certify("localhost")) as url:
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await ask(url, None)


@BOTH
async def test_another_authority_does_not_vouch_for_it(ask: Ask, authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, "Somebody else")
    async with serving(authority.certify("localhost")) as url:
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await ask(url, other.file)


@BOTH
async def test_a_certificate_for_another_host_is_refused(ask: Ask, authority: Authority) -> None:
    async with serving(authority.certify("other.example")) as url:
        with pytest.raises(Unreachable, match="Hostname mismatch"):
            await ask(url, authority.file)


async def test_the_variable_says_it_where_no_argument_does(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(authority.file))
    async with serving(authority.certify("localhost")) as url:
        assert await by_sdk(url, None) == KEYS


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_without_certificates_is_refused_at_once(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ValueError, match=r"the CA file .*ca\.pem cannot be used"):
        Client(SERVER_KEY, "https://flags.example.com", ca_file=file)


def test_a_relay_takes_it_as_an_option_or_a_variable(authority: Authority) -> None:
    environ = {"FLAGFORGE_RELAY_KEY": RELAY_KEY}
    option = read_options(["--ca-file", str(authority.file)], environ)
    variable = read_options([], {**environ, "FLAGFORGE_RELAY_CA_FILE": str(authority.file)})

    assert (option.ca_file, variable.ca_file, read_options([], environ).ca_file) == (
        authority.file,
        authority.file,
        None,
    )


def test_a_relay_does_not_start_with_a_file_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_options(["--ca-file", str(tmp_path / "nothing.pem")], {"FLAGFORGE_RELAY_KEY": RELAY_KEY})

    assert "nothing.pem cannot be used" in capsys.readouterr().err
