"""What streams carry: the same messages as SSE events and as WebSocket frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from ..core.canonical import canonical

HEARTBEAT = b": \n\n"
RETRY_MS = 2000
OPENING = b"retry: %d\n\n" % RETRY_MS


@dataclass(frozen=True, slots=True)
class Message:
    """`data` is one JSON object without line breaks; `version` is the state that it leads to.

    A "message" is what a browser's EventSource hears without asking for a name.
    """

    kind: Literal["put", "delta", "freshness", "message"]
    version: int
    data: bytes

    def as_sse(self) -> bytes:
        return b"event: %b\nid: %d\ndata: %b\n\n" % (self.kind.encode(), self.version, self.data)

    def as_frame(self) -> str:
        return f'{{"type":"{self.kind}",{self.data[1:].decode()}'


def bye_event(reason: str, retry_ms: int) -> bytes:
    return b"event: bye\nretry: %d\ndata: %b\n\n" % (retry_ms, _bye(reason, retry_ms).encode())


def bye_frame(reason: str, retry_ms: int) -> str:
    return f'{{"type":"bye",{_bye(reason, retry_ms)[1:]}'


def ping_frame(version: int) -> str:
    return f'{{"type":"ping","version":{version}}}'


def _bye(reason: str, retry_ms: int) -> str:
    return f'{{"reason":"{reason}","retry_ms":{retry_ms}}}'


class Proof(NamedTuple):
    """Why a reader may trust a manifest: its detached signature, and a signed statement that it is the newest."""

    signature: str
    freshness: str


def put_of_manifest(version: int, manifest: bytes, proof: Proof, traceparent: str = "") -> Message:
    """The whole state for a server key: the manifest itself."""
    data = b'{"version":%d,%b"signature":"%b","freshness":"%b","manifest":%b}'
    traced = b'"traceparent":"%b",' % traceparent.encode() if traceparent else b""
    signature, freshness = proof.signature.encode(), proof.freshness.encode()
    return Message("put", version, data % (version, traced, signature, freshness, manifest))


def put_of_values(version: int, body: bytes) -> Message:
    """The whole state for a client key: the body of `GET /api/v1/sdk/flags`."""
    return Message("put", version, body)


def delta_of_manifest(delta: Mapping[str, Any], proof: Proof, traceparent: str = "") -> Message:
    """The delta for a server key, with the signature of the manifest that it leads to.

    `traceparent` is where in a trace it was sent; it stands beside what is signed and summed up, as any unknown member may.
    """
    traced = {"traceparent": traceparent} if traceparent else {}
    return Message("delta", delta["to"], canonical({**delta, **proof._asdict(), **traced}))


def freshness_of_manifest(version: int, freshness: str) -> Message:
    """For a server key, in a quiet environment: that what it has is still the newest."""
    return Message("freshness", version, b'{"freshness":"%b"}' % freshness.encode())


def delta_of_values(before: int, after: int, changed: list[bytes], removed: bytes) -> Message:
    """`changed` are keyed entries, `removed` a JSON list of keys."""
    data = b'{"from":%d,"to":%d,"flags":{%b},"removed":%b}' % (before, after, b",".join(changed), removed)
    return Message("delta", after, data)


def refetch(version: int, issued: datetime) -> Message:
    """OFREP's one event: there is something new, ask again. The version comes back as `flagConfigEtag`."""
    data = b'{"type":"refetchEvaluation","etag":"%d","lastModified":%d}' % (version, issued.timestamp())
    return Message("message", version, data)
