"""A relay at work in a thread: what SDKs connect to, with signed rules that a test publishes."""

import asyncio
import json
import threading
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluation.core.canonical import canonical
from evaluation.core.delta import diff
from evaluation.relay.application import Relay
from evaluation.relay.server import Server, configuration, listen
from evaluation.sdk.events import Event
from evaluation.sdk.upstream import Upstream
from evaluation.wire.jws import jwk_of, name_of, sign
from evaluation.wire.trust import PUBLIC_KEYS
from tests.evaluation.relay.said import PLACE, SECRET, a_key, proven, put
from tests.evaluation.wire.test_trust import KEY, manifest

JWKS = {"keys": [jwk_of(KEY.public_key())]}
CLIENT_KEY = "ff_client_" + "c" * 43


def a_flag(value: Any = True, *, value_type: str = "boolean", **members: Any) -> dict[str, Any]:
    """One that serves this value to everybody."""
    usual = {"type": value_type, "variants": {"on": value}, "version": 1, "enabled": True, "client_visible": True}
    return {**usual, "fallthrough": {"variant": "on"}, **members}


class Edge:
    """Start it as often as needed: it comes back on its port with what was published last.

    `keys_that_sign` are as the control plane has them: the newest, which signs, and the one before, if there is one.
    """

    def __init__(self, **flags: Any) -> None:
        self.document = manifest(1, **flags)
        self.port = 0
        self.keys_that_sign: tuple[Ed25519PrivateKey, ...] = (KEY,)
        self.keys = [a_key(), a_key(CLIENT_KEY, kind="client")]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        listener = listen("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        self.relay = Relay(Upstream("http://127.0.0.1:9", "ff_relay_x"))
        self.server = Server(configuration(self.relay))
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        while not self.server.started:
            self._thread.join(0.01)
        self.loop = self.server.servers[0].get_loop()
        self._on_loop(self._tell_all)

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(10)

    def publish(self, **flags: Any) -> int:
        """The version that these flags, and no others, are from now on."""
        before, self.document = self.document, manifest(self.document["version"] + 1, **flags)
        self.say("delta", {**diff(before, self.document), **proven(self.document, self.keys_that_sign[0])})
        return int(self.document["version"])

    def rotate(self, new: Ed25519PrivateKey) -> None:
        """Sign with this key from now on."""
        self.keys_that_sign = (new, self.keys_that_sign[0])
        self._on_loop(lambda: self.relay.follower.heard.hear_public_keys(self.jwks()))

    def jwks(self) -> bytes:
        keys = {"keys": [jwk_of(key.public_key()) for key in self.keys_that_sign]}
        oldest = self.keys_that_sign[-1]
        signed = sign(canonical(keys), oldest, name_of(oldest.public_key()), kind=PUBLIC_KEYS)
        return json.dumps({**keys, "signed": signed}).encode()

    def revoke(self) -> None:
        self.keys = []
        self.say("keys", [])

    def say(self, name: str, document: Any) -> None:
        """Have the relay hear this, as if from upstream."""
        self._on_loop(lambda: self.relay.follower.heard.hear(Event(name, json.dumps(document).encode())))

    def _tell_all(self) -> None:
        self.relay.follower.heard.hear_public_keys(self.jwks())
        whole = put(self.document, self.keys_that_sign[0])
        for name, document in (("environments", [PLACE]), ("keys", self.keys), ("put", whole)):
            self.relay.follower.heard.hear(Event(name, json.dumps(document).encode()))

    def _on_loop(self, what: Any) -> None:
        async def run() -> None:
            what()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)


__all__ = ["CLIENT_KEY", "JWKS", "SECRET", "Edge", "a_flag", "put"]
