"""The connection to whoever serves the rules: a stream, and the public keys to verify it with. Every wait has an end."""

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import httpx

from ..wire.relays import KEYS
from ..wire.request_ids import HEADER, current
from .events import Event, EventReader, TooLong
from .trusting import trusted

CONNECT_SECONDS = 5.0
# A quiet stream sends a comment every 15 seconds; after two that are missing it is taken for dead.
SILENT_SECONDS = 40.0
JWKS = "/.well-known/flagforge/jwks.json"
FLAGS = "/api/v1/sdk/flags"
KEYS_SECONDS = 5.0
SEND_SECONDS = 10.0
# What is wrong with a body, or with the place that it is for, stays wrong.
NEVER_TAKEN = {400, 404, 405, 413, 422}
# Somebody waits for what is asked about a key.
ASK_SECONDS = 2.0


class Unreachable(Exception):
    """Nobody answers, or the answer broke off. Trying again helps, sooner or later."""


class KeyRefused(Unreachable):
    """Whoever answers does not take this API key; `status` is what it answered."""

    def __init__(self, message: str, *, status: int = 401) -> None:
        super().__init__(message)
        self.status = status


class NeverTaken(Exception):
    """What was sent is not taken, and would not be the next time either."""


class Upstream:
    """One address and the API key to it; `path` is a Unix socket's, where that answers instead of the address.

    With a `ca_file` no other authorities are believed than its.
    """

    def __init__(self, url: str, api_key: str, *, path: str | None = None, ca_file: str | Path | None = None) -> None:
        self.url = url.rstrip("/")
        self._api_key = api_key
        timeout = httpx.Timeout(CONNECT_SECONDS, read=SILENT_SECONDS)
        transport = httpx.AsyncHTTPTransport(uds=path) if path else None
        self._client = httpx.AsyncClient(
            timeout=timeout, follow_redirects=False, transport=transport, verify=trusted(ca_file)
        )

    @property
    def _headers(self) -> dict[str, str]:
        """Upstream's log names the request for which it is asked."""
        name = current.get()
        return {"X-API-Key": self._api_key, HEADER: name} if name else {"X-API-Key": self._api_key}

    async def public_keys(self) -> bytes:
        """The JWKS document; raises Unreachable."""
        try:
            answer = await self._client.get(self.url + JWKS, timeout=KEYS_SECONDS)
        except httpx.HTTPError as error:
            raise Unreachable(_said(error)) from None
        _check(answer)
        return answer.content

    async def environment_name(self) -> str:
        """The name of a server key's environment; raises Unreachable."""
        try:
            answer = await self._client.get(self.url + FLAGS, headers=self._headers, timeout=KEYS_SECONDS)
            _check(answer)
            return str(answer.json()["environment"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unreachable(_said(error)) from None

    async def find_key(self, sha256: str) -> dict[str, Any] | None:
        """What a relay is told about a key, by its hash; None for one that it may not know of. Raises Unreachable."""
        try:
            answer = await self._client.get(self.url + KEYS + sha256, headers=self._headers, timeout=ASK_SECONDS)
            if answer.status_code == 404:
                return None
            _check(answer)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unreachable(_said(error)) from None
        return told if isinstance(told, dict) else None

    async def events(self, path: str, *, last_event_id: str = "") -> AsyncGenerator[Event, None]:
        """What the stream says until it ends; raises Unreachable, also when it falls silent."""
        reader = EventReader()
        headers = {**self._headers, **({"Last-Event-ID": last_event_id} if last_event_id else {})}
        try:
            async with self._client.stream("GET", self.url + path, headers=headers) as answer:
                _check(answer)
                async for chunk in answer.aiter_raw():
                    for event in reader.feed(chunk):
                        yield event
        except (httpx.HTTPError, TooLong) as error:
            raise Unreachable(_said(error)) from None

    async def send(self, path: str, body: bytes, query: Mapping[str, str] | None = None) -> None:
        """POST a JSON body; returns when it is taken. Raises Unreachable and NeverTaken."""
        headers = {**self._headers, "Content-Type": "application/json"}
        try:
            answer = await self._client.post(
                self.url + path, content=body, params=query, headers=headers, timeout=SEND_SECONDS
            )
        except httpx.HTTPError as error:
            raise Unreachable(_said(error)) from None
        if answer.status_code in NEVER_TAKEN:
            raise NeverTaken(f"upstream answers {answer.status_code}: {answer.text[:200]}")
        if not answer.is_success:
            _check(answer)

    async def close(self) -> None:
        await self._client.aclose()


def _check(answer: httpx.Response) -> None:
    if answer.status_code in (401, 403):
        raise KeyRefused(f"upstream refuses this API key ({answer.status_code})", status=answer.status_code)
    if answer.status_code != 200:
        raise Unreachable(f"upstream answers {answer.status_code}")


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
