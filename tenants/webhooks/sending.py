"""One request to a webhook's URL: bounded in time and size, to addresses that were checked, and to nowhere else.

httpcore is what httpx stands on. It follows no redirect, reads no proxy from the environment, unpacks no answer, and lets us
say where a connection leads: the host is resolved once, and the address that was checked is the one that is connected to,
while `Host` and the certificate are those of the URL.
"""

import asyncio
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore

from tenants.webhooks.addresses import Forbidden, Network, checked, is_port_open, port_of
from tenants.webhooks.names import addresses_of

# In seconds, for all of it: names, connecting, sending, and however slowly an answer drips.
DEADLINE = 15.0
READ_AT_MOST = 65_536
KEPT_AT_MOST = 1_024
ADDRESSES_TRIED = 3


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes where. `networks` are those that may be reached although they are not public; `kept` bytes of the answer are."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    networks: Sequence[Network] = ()
    deadline: float = DEADLINE
    kept: int = KEPT_AT_MOST


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `status` is None where no answer began; `fault` is "" for success, and says in words what was wrong."""

    status: int | None
    milliseconds: int
    text: str = ""
    fault: str = ""
    retry_after: str = ""

    @property
    def is_good(self) -> bool:
        return not self.fault


async def send(letter: Letter) -> Answer:
    """Never raises for what the other side does."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(letter.deadline):
            status, text, headers = await _exchange(letter)
    except TimeoutError:
        return Answer(None, _since(began), fault=f"no whole answer within {letter.deadline:g} s")
    except (
        Forbidden,
        OSError,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        ValueError,
    ) as error:
        return Answer(None, _since(began), fault=_said(error))
    return Answer(status, _since(began), text, _fault_of(status), headers.get("retry-after", ""))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _said(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return f"{text[:1].lower()}{text[1:300]}"


def _fault_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return f"{status}: redirects are not followed" if 300 <= status < 400 else f"it answered {status}"


async def _exchange(letter: Letter) -> tuple[int, str, Mapping[str, str]]:
    parts = urlsplit(letter.url)
    if not is_port_open(port_of(parts)):
        raise Forbidden(f"port {port_of(parts)} is closed to webhooks")
    backend = CheckedBackend(letter.networks, must_be_named=parts.scheme != "https")
    async with (
        httpcore.AsyncConnectionPool(ssl_context=_trusting(), network_backend=backend) as pool,
        pool.stream("POST", letter.url, headers=_raw(letter.headers), content=letter.body) as response,
    ):
        return response.status, await _beginning(response, letter.kept), _headers(response.headers)


async def _beginning(response: httpcore.Response, most: int) -> str:
    """The first of an answer, as far as it is kept. Leaving the rest unread closes the connection."""
    kept, size = b"", 0
    async for chunk in response.aiter_stream():
        size += len(chunk)
        kept = (kept + chunk)[:most]
        if size >= READ_AT_MOST:
            break
    return kept.decode("utf-8", "replace").replace("\0", "�")


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes | str, bytes | str]]:
    return list(headers.items())


def _headers(given: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in given}


@lru_cache(maxsize=1)
def _trusting() -> ssl.SSLContext:
    """Whom the system trusts (`SSL_CERT_FILE` names others), and whom certifi does: small images have no list of their own."""
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    return context


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, refuses it if any of its addresses is forbidden, and connects to what it has checked."""

    def __init__(self, networks: Sequence[Network], *, must_be_named: bool) -> None:
        self._networks, self._must_be_named = networks, must_be_named
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = checked(await addresses_of(host, port), self._networks, must_be_named=self._must_be_named)
        failure: Exception = OSError("nothing was tried")
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (OSError, httpcore.NetworkError) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise Forbidden("webhooks go over the network alone")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
