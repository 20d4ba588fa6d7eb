"""A relay's doors as an ASGI server sees them: streams, poll, WebSocket, probes, and what is refused."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from evaluation.core.delta import diff
from evaluation.relay import asgi
from evaluation.relay.application import Relay
from evaluation.sdk.events import Event
from evaluation.sdk.upstream import Upstream
from evaluation.wire.jws import jwk_of
from tests.evaluation.relay.said import ONE, PLACE, SECRET, TWO, a_key, proven, put
from tests.evaluation.wire.test_trust import KEY, KEYS, freshness, signature

CLIENT = "ff_client_" + "c" * 43
Open = Callable[..., Any]


async def tell(relay: Relay, name: str, document: Any) -> None:
    await relay.follower.hear(Event(name, json.dumps(document).encode()))


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    relay = Relay(Upstream("http://127.0.0.1:9", "ff_relay_x"))
    await relay.start()
    relay.follower.mirror.keys = KEYS
    await tell(relay, "environments", [PLACE])
    await tell(relay, "keys", [a_key(), a_key(CLIENT, kind="client")])
    await tell(relay, "put", put(ONE))
    yield relay
    await relay.stop()


@pytest.fixture
async def connect(relay: Relay) -> AsyncIterator[Open]:
    """`connect("/livez")`; a WebSocket with `kind="websocket"`."""
    opened: list[Any] = []

    def to(path: str, query: str = "", *, kind: str = "http", method: str = "GET", **headers: str) -> Any:
        encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": kind, "method": method, "path": path, "query_string": query.encode(), "headers": encoded}
        communicator: Any = ApplicationCommunicator
        opened.append(communicator(relay, scope))
        return opened[-1]

    yield to
    for each in opened:
        each.stop(exceptions=False)


async def answer(connection: Any, body: bytes = b"") -> tuple[int, bytes]:
    await connection.send_input({"type": "http.request", "body": body})
    start, said = await connection.receive_output(5), await connection.receive_output(5)
    return start["status"], said["body"]


async def event(connection: Any) -> tuple[str, Any]:
    while not (chunk := (await connection.receive_output(5))["body"]).startswith(b"event: "):
        pass
    fields = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines())
    return fields["event"], json.loads(fields["data"])


async def change(relay: Relay) -> None:
    await tell(relay, "delta", {**diff(ONE, TWO), **proven(TWO)})


async def test_a_server_key_gets_rules_with_their_proof_and_then_the_change(relay: Relay, connect: Open) -> None:
    stream = connect("/api/v1/sdk/stream", x_api_key=SECRET)
    await answer(stream)

    first = await event(stream)
    await change(relay)
    second = await event(stream)

    proof = relay.follower.mirror.copies["e"].proof
    assert (first[0], first[1]["manifest"]) == ("put", ONE)
    assert (second[0], second[1]["to"], second[1]["signature"]) == ("delta", 2, proof.signature)
    assert second[1]["freshness"] == proof.freshness


async def test_a_client_key_in_the_url_gets_values(connect: Open) -> None:
    stream = connect("/api/v1/sdk/stream", f"key={CLIENT}&targetingKey=u1")
    await answer(stream)

    assert await event(stream) == ("put", {"environment": "production", "version": 1, "flags": {}})


async def test_a_stream_token_opens_the_stream_of_openfeature(relay: Relay, connect: Open) -> None:
    _, body = await answer(connect("/ofrep/v1/evaluate/flags", method="POST", x_api_key=CLIENT), b"{}")
    path, _, query = json.loads(body)["eventStreams"][0]["endpoint"]["requestUri"].partition("?")
    stream = connect(path, query)
    await answer(stream)

    kind, told = await event(stream)

    assert (kind, told["type"]) == ("message", "refetchEvaluation")


async def test_a_poll_is_answered_with_what_is_newer(connect: Open) -> None:
    status, body = await answer(connect("/api/v1/sdk/poll", "since=0", x_api_key=SECRET))

    assert (status, json.loads(body)["type"]) == (200, "put")


async def test_a_poll_without_news_ends_empty(connect: Open) -> None:
    status, body = await answer(connect("/api/v1/sdk/poll", "since=1&timeout=1", x_api_key=SECRET))

    assert (status, body) == (204, b"")


async def test_a_socket_carries_the_same_messages(relay: Relay, connect: Open) -> None:
    socket = connect("/ws/sdk", kind="websocket", x_api_key=SECRET)
    await socket.send_input({"type": "websocket.connect"})

    accepted, first = [await socket.receive_output(5) for _ in range(2)]
    await change(relay)
    second = await socket.receive_output(5)

    assert accepted["type"] == "websocket.accept"
    assert [json.loads(frame["text"])["type"] for frame in (first, second)] == ["put", "delta"]


async def test_a_socket_without_a_key_is_told_why_it_closes(connect: Open) -> None:
    socket = connect("/ws/sdk", kind="websocket")
    await socket.send_input({"type": "websocket.connect"})

    _, said, closing = [await socket.receive_output(5) for _ in range(3)]

    assert '"status":401' in said["text"]
    assert closing["code"] == 4401


@pytest.fixture
async def page_key(relay: Relay) -> str:
    """A client key for the pages of one origin."""
    secret = "ff_client_" + "p" * 43
    await tell(
        relay, "keys", {"added": [a_key(secret, kind="client", origins=["https://shop.example"])], "removed": []}
    )
    return secret


async def test_a_socket_from_a_page_of_somebody_else_is_told_why_it_closes(page_key: str, connect: Open) -> None:
    socket = connect("/ws/sdk", f"key={page_key}", kind="websocket", origin="https://elsewhere.example")
    await socket.send_input({"type": "websocket.connect"})

    _, said, closing = [await socket.receive_output(5) for _ in range(3)]

    assert "https://elsewhere.example" in json.loads(said["text"])["detail"]
    assert closing["code"] == 4403


@pytest.mark.parametrize(("origin", "status"), [("https://shop.example", 200), ("https://elsewhere.example", 403)])
async def test_a_stream_token_lets_in_the_pages_of_its_key_alone(
    origin: str, status: int, page_key: str, connect: Open
) -> None:
    _, body = await answer(connect("/ofrep/v1/evaluate/flags", method="POST", x_api_key=page_key), b"{}")
    path, _, query = json.loads(body)["eventStreams"][0]["endpoint"]["requestUri"].partition("?")

    assert (await answer(connect(path, query, origin=origin)))[0] == status


async def test_origins_that_change_hold_from_the_next_request_on(relay: Relay, page_key: str, connect: Open) -> None:
    changed = a_key(page_key, kind="client", origins=["https://new.example"])

    await tell(relay, "keys", {"added": [changed], "removed": []})

    for origin, status in (("https://shop.example", 403), ("https://new.example", 200)):
        assert (await answer(connect("/api/v1/sdk/flags", x_api_key=page_key, origin=origin)))[0] == status


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/api/v1/sdk/stream", "", 401),
        ("/api/v1/sdk/stream", "key=nonsense", 401),
        ("/api/v1/sdk/stream", f"key={SECRET}", 403),
        ("/api/v1/sdk/stream", f"key={CLIENT}&context=%7B", 400),
        ("/api/v1/sdk/poll", f"key={CLIENT}&timeout=0", 400),
        ("/ofrep/v1/stream", "token=ff_stream_0_0_0", 401),
        ("/nowhere", "", 404),
    ],
)
async def test_what_is_refused_says_why(path: str, query: str, status: int, connect: Open) -> None:
    answered = await answer(connect(path, query))

    assert answered[0] == status
    assert json.loads(answered[1])["status"] == status


async def test_a_client_that_leaves_leaves_nothing_behind(relay: Relay, connect: Open) -> None:
    stream = connect("/api/v1/sdk/stream", x_api_key=SECRET)
    await answer(stream)
    assert relay.streams.open == 1

    await stream.send_input({"type": "http.disconnect"})
    await stream.wait(5)

    assert (relay.streams.open, relay.holdings.hub.listeners("e")) == (0, 0)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused(
    announced: bool, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "BODY_BYTES", 10)
    length = {"content_length": "11"} if announced else {}

    status, body = await answer(connect("/api/v1/sdk/flags", method="POST", x_api_key=SECRET, **length), b"x" * 11)

    assert (status, json.loads(body)["status"]) == (413, 413)


async def test_the_page_of_its_state_names_no_key(relay: Relay, connect: Open) -> None:
    status, body = await answer(connect("/status"))
    document = json.loads(body)

    assert (status, document["status"], document["keys"]) == (200, "degraded", 2)
    assert [(each["key"], each["version"]) for each in document["environments"]] == [("production", 1)]
    assert not any(secret.encode() in body for secret in (SECRET, CLIENT, "ff_relay_x"))


async def test_rules_that_nobody_vouched_for_lately_are_served_and_called_stale(relay: Relay, connect: Open) -> None:
    old = freshness(TWO, as_of=datetime.now(UTC) - timedelta(minutes=16))
    before = json.loads((await answer(connect("/status")))[1])

    await tell(relay, "put", {**put(TWO), "freshness": old})
    after = json.loads((await answer(connect("/status")))[1])

    assert [each["environments"][0]["freshness"] for each in (before, after)] == ["FRESH", "STALE"]
    assert after["environments"][0]["version"] == 2


async def test_what_was_refused_is_told_by_its_kind(relay: Relay, connect: Open) -> None:
    await tell(relay, "put", {**put(TWO), "signature": signature(ONE)})

    upstream = json.loads((await answer(connect("/status")))[1])["upstream"]

    assert upstream["refused"]["tampered"] == 1
    assert upstream["trouble"].startswith("environment e is refused: Tampered")
    assert upstream["circuit"] in ("closed", "open", "half-open")


async def test_the_public_keys_are_passed_on_as_they_came(relay: Relay, connect: Open) -> None:
    before = await answer(connect("/.well-known/flagforge/jwks.json"))
    jwks = json.dumps({"keys": [jwk_of(KEY.public_key())]}).encode()

    relay.follower.heard.hear_public_keys(jwks)

    assert before[0] == 503
    assert await answer(connect("/.well-known/flagforge/jwks.json")) == (200, jwks)


async def test_a_relay_with_rules_is_ready_although_upstream_is_away(connect: Open) -> None:
    assert [(await answer(connect(path)))[0] for path in ("/livez", "/readyz")] == [200, 200]
