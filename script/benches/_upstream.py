"""As much of a control plane as a relay needs, for benches that are about the relay alone: keys, one environment, and flips."""

import asyncio
import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluation.core.canonical import canonical, checksum
from evaluation.core.delta import diff
from evaluation.wire import jws, trust
from evaluation.wire.trust import Freshness
from script.benches._rulesets import manifest
from script.places import HOST

ENVIRONMENT = {"id": "bench", "organization": "bench", "project": "shop", "key": "production", "version": 1}
FLIPPED = "flag-0000"


class Upstream:
    """Says to every relay that comes what there is, and from then on what changes."""

    def __init__(self, flags: dict[str, Any], keys: Sequence[tuple[str, str]]) -> None:
        self._signer = Ed25519PrivateKey.generate()
        self._kid = jws.name_of(self._signer.public_key())
        self._document = manifest(flags)
        self._keys = [_told(secret, kind) for secret, kind in keys]
        self._relays: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self.url = ""

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, HOST, 0))
        self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
        self._beating = self._loop.create_task(self._beat())
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(self._stop(server), self._loop).result(5)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(5)
            self._loop.close()

    async def _stop(self, server: asyncio.Server) -> None:
        """Nothing is left of it, also where a test ran it."""
        server.close()
        tasks = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def flip(self) -> float:
        """Toggle one flag; returns when that was sent, on the monotonic clock."""
        before = self._document
        flag = before["flags"][FLIPPED]
        flipped = {**flag, "enabled": not flag["enabled"], "version": flag["version"] + 1}
        flags = {**before["flags"], FLIPPED: flipped}
        self._document = {**before, "version": before["version"] + 1, "flags": flags}
        event = _event("delta", {**diff(before, self._document), **self._proof()})
        return asyncio.run_coroutine_threadsafe(self._send(event), self._loop).result(5)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(10)
            await self._send(b": \n\n")

    async def _send(self, event: bytes) -> float:
        begun = time.monotonic()
        for relay in self._relays:
            relay.write(event)
        return begun

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ")[1]
                if path.endswith(b"/relay/stream"):
                    self._begin(writer)
                    await reader.read()  # until the relay leaves
                    self._relays.remove(writer)
                else:
                    writer.write(self._answer(path))

    def _answer(self, path: bytes) -> bytes:
        is_jwks = path.endswith(b"jwks.json")
        body = canonical({"keys": [jws.jwk_of(self._signer.public_key())]} if is_jwks else {})
        return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (200 if is_jwks else 404, len(body), body)

    def _begin(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        writer.write(_event("environments", [ENVIRONMENT]) + _event("keys", self._keys))
        writer.write(_event("put", {"environment": "bench", "manifest": self._document, **self._proof()}))
        self._relays.append(writer)

    def _proof(self) -> dict[str, str]:
        content, now = canonical(self._document), datetime.now(UTC)
        version = self._document["version"]
        stated = Freshness("bench", version, checksum(content), as_of=now, expires=now + timedelta(hours=1))
        return {
            "signature": jws.sign_detached(content, self._signer, self._kid),
            "freshness": jws.sign(stated.as_bytes(), self._signer, self._kid, kind=trust.FRESHNESS),
        }


def _told(secret: str, kind: str) -> dict[str, Any]:
    sha256 = hashlib.sha256(secret.encode()).hexdigest()
    return {"sha256": sha256, "kind": kind, "environment": "bench", "origins": [], "limits": {}, "expires": None}


def _event(name: str, document: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), json.dumps(document).encode())
