"""One contract for both doors: the control plane and the relay give the same status, headers and bytes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import httpx
import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.test import Client

from evaluation.delivery.below import Downstream
from evaluation.delivery.held import HeldKey
from evaluation.manifest import keyring, memory, proof, sign
from evaluation.relay.application import Relay
from evaluation.relay.quick import QuickConnection
from evaluation.relay.server import Server, configuration, listen
from evaluation.sdk.events import EventReader
from evaluation.sdk.upstream import JWKS, Upstream
from evaluation.stream import service
from evaluation.stream.relays import origin
from evaluation.stream.routing import http_routes
from evaluation.wire.relays import KEYS, STREAM
from flags import services as flag_services
from flags.models import Flag
from tenants import outbox, services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, Environment, Project

pytestmark = pytest.mark.django_db(transaction=True)

COMPARED = (
    *("content-type", "etag", "cache-control", "vary", "www-authenticate", "retry-after"),
    *("ratelimit", "ratelimit-policy"),
    *("access-control-allow-origin", "access-control-expose-headers", "access-control-allow-headers"),
    *("access-control-allow-methods", "access-control-max-age"),
    *("flagforge-signature", "flagforge-stream-token"),
)
ALLOW = {405: ("allow",)}
FLAGS, ONE, RULESET = "/api/v1/sdk/flags", "/api/v1/sdk/flags/checkout", "/api/v1/sdk/ruleset"
OFREP, OFREP_ONE = "/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/checkout"
EVENTS, REPORT = "/api/v1/sdk/events", "/api/v1/sdk/relay/convergence"
BATCH = {"batch": "1", "sdk": {"name": "x"}, "from": "2026-11-21T10:00:00Z", "to": "2026-11-21T10:00:00Z"}
ANNA = {"context": {"targetingKey": "anna", "country": "IN"}}
SHOP, ELSEWHERE = {"Origin": "https://shop.example"}, {"Origin": "https://elsewhere.example"}


class Asked(NamedTuple):
    """A request; `key` is the kind of key that it carries."""

    method: str
    path: str
    status: int
    key: str = "server"
    body: Any = None
    headers: Mapping[str, str] = {}


class Answered(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


Ask = Callable[[Asked], Awaitable[Answered]]

QUESTIONS = {
    "all flags of nobody": Asked("GET", FLAGS, 200),
    "all flags by fields": Asked("GET", f"{FLAGS}?targetingKey=anna&country=IN", 200),
    "all flags by a context in the query": Asked("GET", f"{FLAGS}?context=%7B%22targetingKey%22%3A%22anna%22%7D", 200),
    "all flags by a body": Asked("POST", FLAGS, 200, body=ANNA),
    "all flags of a client key": Asked("POST", FLAGS, 200, "client", ANNA),
    "only the head": Asked("HEAD", FLAGS, 200),
    "a context twice": Asked("GET", f"{FLAGS}?context=%7B%7D&country=IN", 400),
    "a query that is not UTF-8": Asked("GET", f"{FLAGS}?country=%ff", 400),
    "too many fields": Asked("GET", f"{FLAGS}?{'&'.join(f'a{n}=1' for n in range(201))}", 400),
    "a body that is no JSON": Asked("POST", FLAGS, 400, body=b"{"),
    "a body that is no object": Asked("POST", FLAGS, 400, body=b"[]"),
    "duplicate members": Asked("POST", FLAGS, 400, body=b'{"context": {"a": 1, "a": 2}}'),
    "a number beyond all": Asked("POST", FLAGS, 400, body=b'{"context": {"a": 1e999}}'),
    "attributes beside the context": Asked("POST", FLAGS, 400, body=b'{"targetingKey": "anna"}'),
    "an empty body": Asked("POST", FLAGS, 200, body=b""),
    "one flag": Asked("GET", f"{ONE}?targetingKey=anna", 200),
    "one flag by a body": Asked("POST", ONE, 200, body=ANNA),
    "one flag without a usable key": Asked("POST", "/api/v1/sdk/flags/split", 200, body={"context": {}}),
    "a double": Asked("GET", "/api/v1/sdk/flags/ratio", 200),
    "a flag that is hidden from clients": Asked("GET", "/api/v1/sdk/flags/hidden", 404, "client"),
    "a flag that is not there": Asked("GET", "/api/v1/sdk/flags/nowhere", 404),
    "a flag with odd letters": Asked("GET", "/api/v1/sdk/flags/%C3%A4%22", 404),
    "the ruleset": Asked("GET", RULESET, 200),
    "the ruleset for a client": Asked("GET", RULESET, 403, "client"),
    "telemetry": Asked("POST", EVENTS, 202, body=BATCH),
    "telemetry of a client key": Asked("POST", EVENTS, 202, "client", BATCH),
    "telemetry with a bad item": Asked("POST", EVENTS, 202, body=BATCH | {"events": [1, {"event": "é\0"}]}),
    "telemetry without a batch id": Asked("POST", EVENTS, 400, body=BATCH | {"batch": None}),
    "telemetry that is no JSON": Asked("POST", EVENTS, 400, body=b"{"),
    "telemetry without a key": Asked("POST", EVENTS, 401, "", BATCH),
    "telemetry with a key that nobody has": Asked("POST", f"{EVENTS}?key=ff_client_x", 401, "", BATCH),
    "telemetry with a wrong method": Asked("GET", EVENTS, 405),
    "telemetry of a relay": Asked("POST", f"{EVENTS}?environment=<development>", 202, "relay", BATCH),
    "telemetry of a relay for nobody": Asked("POST", f"{EVENTS}?environment=nobody", 404, "relay", BATCH),
    "telemetry of a relay that names none": Asked("POST", EVENTS, 400, "relay", BATCH),
    "telemetry of a relay that names no environment": Asked("POST", EVENTS, 400, "relay", BATCH),
    "telemetry of a relay for what is not below it": Asked("POST", f"{EVENTS}?environment=x", 404, "relay", BATCH),
    "a relay's report": Asked("POST", REPORT, 204, "relay", {"at": 1.5, "reporters": []}),
    "a report that cannot be read": Asked("POST", REPORT, 400, "relay", {"reporters": []}),
    "a report with a server key": Asked("POST", REPORT, 403, body={"at": 1.5, "reporters": []}),
    "a report that is asked for": Asked("GET", REPORT, 405, "relay"),
    "telemetry: a preflight": Asked("OPTIONS", EVENTS, 204, ""),
    "the ruleset for a relay": Asked("GET", f"{RULESET}?environment=<development>", 200, "relay"),
    "the ruleset for a relay that names none": Asked("GET", RULESET, 400, "relay"),
    "the ruleset of somebody else for a relay": Asked("GET", f"{RULESET}?environment=nobody", 400, "relay"),
    "a relay that asks for flags": Asked("GET", FLAGS, 403, "relay"),
    "a relay about a server key": Asked("GET", f"{KEYS}<server>", 200, "relay"),
    "a relay about a key with origins": Asked("GET", f"{KEYS}<page>", 200, "relay"),
    "a relay about its own key": Asked("GET", f"{KEYS}<relay>", 200, "relay"),
    "a relay about a key that nobody has": Asked("GET", f"{KEYS}{'0' * 64}", 404, "relay"),
    "a server key about itself": Asked("GET", f"{KEYS}<server>", 403),
    "nobody about a key": Asked("GET", f"{KEYS}<server>", 401, ""),
    "a wrong method about a key": Asked("DELETE", f"{KEYS}<server>", 405, "relay"),
    "a preflight about a key": Asked("OPTIONS", f"{KEYS}<server>", 204, ""),
    "the public keys": Asked("GET", JWKS, 200, ""),
    "no key": Asked("GET", FLAGS, 401, ""),
    "no key and a wrong method": Asked("DELETE", FLAGS, 401, ""),
    "a key that nobody has": Asked("GET", FLAGS, 401, "unknown"),
    "nonsense for a key": Asked("GET", FLAGS, 401, headers={"X-API-Key": "nonsense"}),
    "a key as a bearer": Asked("GET", FLAGS, 200, "bearer"),
    "a wrong method": Asked("DELETE", FLAGS, 405),
    "a wrong method for the ruleset": Asked("POST", RULESET, 405),
    "a preflight": Asked("OPTIONS", FLAGS, 204, ""),
    "a page of the key's": Asked("GET", FLAGS, 200, "page", headers=SHOP),
    "a page of somebody else's": Asked("GET", FLAGS, 403, "page", headers=ELSEWHERE),
    "one flag for a page of somebody else's": Asked("POST", ONE, 403, "page", ANNA, headers=ELSEWHERE),
    "a page without a name": Asked("GET", FLAGS, 403, "page", headers={"Origin": "null"}),
    "no page at all": Asked("GET", FLAGS, 200, "page"),
    "any page for a key without origins": Asked("GET", FLAGS, 200, "client", headers=ELSEWHERE),
    "a page of somebody else's and a wrong method": Asked("DELETE", FLAGS, 403, "page", headers=ELSEWHERE),
    "a preflight for a page of somebody else's": Asked("OPTIONS", FLAGS, 204, "", headers=ELSEWHERE),
    "no such address": Asked("GET", "/api/v1/sdk/nothing/here", 404),
    "an address below a flag": Asked("GET", f"{ONE}/more", 404),
    "a flag without a name": Asked("GET", f"{FLAGS}/", 404),
    "OFREP: all flags": Asked("POST", OFREP, 200, body=ANNA),
    "OFREP: all flags of a client key": Asked("POST", OFREP, 200, "client", ANNA),
    "OFREP: no context": Asked("POST", OFREP, 200, body=b""),
    "OFREP: a context that is none": Asked("POST", OFREP, 400, body=b'{"context": 1}'),
    "OFREP: no JSON": Asked("POST", OFREP, 400, body=b"{"),
    "OFREP: told of a version": Asked("POST", f"{OFREP}?flagConfigEtag=1", 200, body=ANNA),
    "OFREP: one flag": Asked("POST", OFREP_ONE, 200, body=ANNA),
    "OFREP: one flag without a usable key": Asked("POST", f"{OFREP}/split", 400, body={"context": {}}),
    "OFREP: an unknown flag": Asked("POST", f"{OFREP}/nowhere", 404, body=ANNA),
    "OFREP: no key": Asked("POST", OFREP, 401, "", ANNA),
    "OFREP: no key for one flag": Asked("POST", OFREP_ONE, 401, "", ANNA),
    "OFREP: a wrong method": Asked("GET", OFREP, 405),
    "OFREP: a page of the key's": Asked("POST", OFREP, 200, "page", ANNA, headers=SHOP),
    "OFREP: a page of somebody else's": Asked("POST", OFREP, 403, "page", ANNA, headers=ELSEWHERE),
    "OFREP: one flag for a page of somebody else's": Asked("POST", OFREP_ONE, 403, "page", ANNA, headers=ELSEWHERE),
    "OFREP: no such address": Asked("GET", "/ofrep/v2/anything", 404),
    "OFREP: a preflight": Asked("OPTIONS", OFREP, 204, ""),
}


@pytest.fixture(autouse=True)
def fresh_process() -> None:
    for part in (memory, keyring, proof, sign):
        part.forget_everything()


@pytest.fixture
def keys(shop: Project, development: Environment, system: Actor) -> dict[str, str]:
    """A published shop, and the keys to ask it with."""
    half = {"fallthrough": {"split": {"weights": {"on": 50, "off": 50}}}}
    for key, flag, state in (
        ("checkout", {}, {"fallthrough": {"variant": "on"}}),
        ("hidden", {"client_visible": False}, {"fallthrough": {"variant": "on"}}),
        ("split", {}, half),
        ("ratio", {"type": "double", "variants": {"ten": 10.0}}, {"off": None, "fallthrough": {"variant": "ten"}}),
    ):
        made = flag_services.create_flag(shop, {"key": key, "type": "boolean", **flag}, actor=system).thing
        flag_services.put_config(made, development, {"off": "off", "enabled": True, **state}, actor=system)
    secrets = {
        kind: services.create_api_key(kind=kind, scope=scope, name=kind, actor=system)[1]
        for kind, scope in (("client", development), ("server", development), ("relay", shop))
    }
    for name, bounds in (
        ("page", {"origins": ["https://shop.example"]}),
        ("slow", {"limits": {"requests_per_second": 1}}),
        ("single", {"limits": {"streams": 1}}),
    ):
        given: dict[str, Any] = {"kind": "client", "scope": development, "name": name, **bounds}
        secrets[name] = services.create_api_key(**given, actor=system)[1]
    outbox.drain()
    return {**secrets, "": "", "unknown": f"ff_server_{'x' * 43}", "development": development.id}


@pytest.fixture
async def relay(keys: dict[str, str]) -> AsyncIterator[Relay]:
    """A relay that heard from the control plane all that there is to hear."""
    relay = Relay(Upstream("http://127.0.0.1:9", keys["relay"]))
    await relay.start()
    jwks: Any = await database_sync_to_async(Client().get)(JWKS)
    relay.follower.heard.hear_public_keys(jwks.content)
    telling = asyncio.create_task(_tell(relay, keys["relay"]))
    async with asyncio.timeout(10):
        while not relay.holdings.rules:
            await asyncio.sleep(0.01)
    yield relay
    telling.cancel()
    await relay.stop()
    await service.stop()


async def _tell(relay: Relay, secret: str) -> None:
    key = await database_sync_to_async(keyring.find)(secret)
    assert isinstance(key, HeldKey)
    reader = EventReader()
    async with contextlib.aclosing(Downstream(key, {}, origin()).events()) as told:
        async for said in told:
            for event in reader.feed(said):
                await relay.follower.hear(event)


@contextlib.asynccontextmanager
async def served(relay: Relay) -> AsyncIterator[str]:
    """Where the relay answers over real sockets."""
    config = configuration(relay, QuickConnection)
    config.lifespan = "off"  # it is started already
    server, listener = Server(config), listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def ask_relay(relay: Relay, keys: dict[str, str]) -> AsyncIterator[Ask]:
    """Over real sockets; and through ASGI, which must say the same."""
    async with (
        served(relay) as url,
        httpx.AsyncClient(base_url=url) as socket,
        httpx.AsyncClient(transport=httpx.ASGITransport(relay), base_url=url) as application,
    ):

        async def ask(asked: Asked) -> Answered:
            quick, other = [await _answered(client, asked, keys) for client in (socket, application)]
            assert quick == other
            return quick

        yield ask


@pytest.fixture
def ask_control_plane(keys: dict[str, str]) -> Ask:
    def ask(asked: Asked) -> Answered:
        answer: Any = Client().generic(
            asked.method,
            _path(asked, keys),
            _content(asked),
            content_type="application/json",
            headers=_headers(asked, keys),
        )
        return Answered(answer.status_code, _compared(answer.status_code, answer.headers), answer.content)

    in_thread: Ask = database_sync_to_async(ask)
    return in_thread


@pytest.mark.parametrize("asked", QUESTIONS.values(), ids=QUESTIONS)
async def test_both_doors_answer_alike(asked: Asked, ask_control_plane: Ask, ask_relay: Ask) -> None:
    here, there = await ask_control_plane(asked), await ask_relay(asked)

    assert here.status == asked.status
    assert there == here


@pytest.mark.parametrize(
    "asked",
    [Asked("GET", f"{FLAGS}?targetingKey=anna", 200), Asked("GET", ONE, 200), Asked("GET", RULESET, 200)],
    ids=["all flags", "one flag", "the ruleset"],
)
async def test_what_one_door_tagged_the_other_knows(asked: Asked, ask_control_plane: Ask, ask_relay: Ask) -> None:
    etag = (await ask_control_plane(asked)).headers["etag"]

    again = asked._replace(headers={"If-None-Match": etag})
    here, there = await ask_control_plane(again), await ask_relay(again)

    assert (here.status, here.body) == (304, b"")
    assert there == here


STREAMS = {
    "a stream without a key": Asked("GET", "/api/v1/sdk/stream", 401, ""),
    "a stream for a page of somebody else's": Asked("GET", "/api/v1/sdk/stream", 403, "page", headers=ELSEWHERE),
    "a poll for a page of somebody else's": Asked("GET", "/api/v1/sdk/poll", 403, "page", headers=ELSEWHERE),
    "a poll for a page of the key's": Asked("GET", "/api/v1/sdk/poll?targetingKey=anna", 200, "page", headers=SHOP),
    "the relays' stream without a key": Asked("GET", STREAM, 401, ""),
    "the relays' stream for a server": Asked("GET", STREAM, 403),
    "the relays' stream with a wrong method": Asked("POST", STREAM, 405, "relay"),
    "the relays' stream with its key in the address": Asked("GET", f"{STREAM}?key=ff_relay_x", 401, ""),
    "OFREP: a stream for a page of somebody else's": Asked("GET", "/ofrep/v1/stream", 403, "page", headers=ELSEWHERE),
}


@pytest.mark.parametrize("asked", STREAMS.values(), ids=STREAMS)
async def test_both_doors_open_streams_alike(asked: Asked, keys: dict[str, str], ask_relay: Ask) -> None:
    here, there = await _asked_at(URLRouter(http_routes), asked, keys), await ask_relay(asked)

    assert here.status == asked.status
    assert there == here


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (Asked("GET", f"{FLAGS}?targetingKey=anna", 200, "slow"), b"/problems/too-many-requests"),
        (Asked("DELETE", FLAGS, 405, "slow"), b"/problems/too-many-requests"),
        (Asked("POST", OFREP, 200, "slow", ANNA), b'"errorCode":"GENERAL"'),
        (Asked("POST", OFREP_ONE, 200, "slow", ANNA), b'"key":"checkout"'),
    ],
    ids=["all flags", "a wrong method", "OFREP: all flags", "OFREP: one flag"],
)
async def test_both_doors_limit_alike(
    asked: Asked, name: bytes, ask_control_plane: Ask, relay: Relay, keys: dict[str, str]
) -> None:
    """The two ways into a relay share what a key may, so they are gone one after the other."""
    refusals = []
    async with (
        served(relay) as url,
        httpx.AsyncClient(base_url=url) as socket,
        httpx.AsyncClient(transport=httpx.ASGITransport(relay), base_url=url) as application,
    ):
        ways: list[Ask] = [partial(_asked_of, client, keys) for client in (socket, application)]
        for ask in (ask_control_plane, *ways):
            first = await _until(asked.status, ask, asked)
            assert first.headers["ratelimit"] == '"requests";r=0;t=1'
            refusals.append(await _until_refused(ask, asked))

    here, *there = refusals
    assert there == [here, here]
    assert (here.headers["retry-after"], here.headers["ratelimit-policy"]) == ("1", '"requests";q=1;w=1')
    assert name in here.body


async def _asked_of(client: httpx.AsyncClient, keys: Mapping[str, str], asked: Asked) -> Answered:
    return await _answered(client, asked, keys)


async def _until_refused(ask: Ask, asked: Asked) -> Answered:
    """A second may go by between two questions where the machine is busy."""
    return await _until(429, ask, asked)


async def _until(status: int, ask: Ask, asked: Asked) -> Answered:
    for _ in range(200):
        if (answered := await ask(asked)).status == status:
            return answered
        if answered.status == 429:
            await asyncio.sleep(0.05)
    raise AssertionError(f"never {status}")


async def test_a_stream_opens_within_the_limits_of_requests(keys: dict[str, str], relay: Relay) -> None:
    asked = Asked("GET", "/api/v1/sdk/poll?targetingKey=anna", 429, "slow")

    async def here(asked: Asked) -> Answered:
        return await _asked_at(URLRouter(http_routes), asked, keys)

    async def there(asked: Asked) -> Answered:
        return await _asked_at(relay, asked, keys)

    assert await _until_refused(here, asked) == await _until_refused(there, asked)


async def test_both_doors_hold_as_many_streams_of_a_key_as_it_may(keys: dict[str, str], relay: Relay) -> None:
    version = relay.holdings.rules[next(iter(relay.holdings.rules))].version
    asked = Asked("GET", f"/api/v1/sdk/poll?since={version}&timeout=60", 429, "single")

    refusals = []
    for door in (URLRouter(http_routes), relay):
        waiting = asyncio.create_task(_asked_at(door, asked, keys))
        await asyncio.sleep(1)
        refusals.append(await _asked_at(door, asked, keys))
        waiting.cancel()

    here, there = refusals
    assert here == there
    assert (here.status, here.headers["retry-after"], here.headers["ratelimit"]) == (429, "5", '"streams";r=0')
    assert b"/problems/too-many-streams" in here.body


async def _asked_at(application: Any, asked: Asked, keys: Mapping[str, str]) -> Answered:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://here") as client:
        return await _answered(client, asked, keys)


async def _answered(client: httpx.AsyncClient, asked: Asked, keys: Mapping[str, str]) -> Answered:
    path, headers = _path(asked, keys), _headers(asked, keys)
    answer = await client.request(asked.method, path, content=_content(asked), headers=headers)
    body = b"" if asked.method == "HEAD" else answer.content
    return Answered(answer.status_code, _compared(answer.status_code, answer.headers), body)


async def test_both_doors_tell_relays_alike(
    relay: Relay, keys: dict[str, str], development: Environment, system: Actor
) -> None:
    def change() -> None:
        flag = Flag.objects.get(key="checkout")
        flag_services.toggle_flag(flag, development, enabled=False, actor=system)
        services.revoke_api_key(ApiKey.objects.get(sha256=sha256_of(keys["server"])), actor=system)
        outbox.drain()

    streams = [_opened_at(application, keys["relay"]) for application in (URLRouter(http_routes), relay)]
    here, there = [await _events(stream, 4) for stream in streams]
    await database_sync_to_async(change)()
    here_after, there_after = [await _events(stream, 2) for stream in streams]
    for stream in streams:
        stream.stop(exceptions=False)

    begun = [f"event: {name}".encode() for name in ("environments", "keys", "settings", "put")]
    assert [event.partition(b"\n")[0] for event in here] == begun
    assert there == here
    assert {event.partition(b"\n")[0] for event in here_after} == {b"event: delta", b"event: keys"}
    assert sorted(there_after) == sorted(here_after)


def _opened_at(application: Any, key: str) -> Any:
    headers = [(b"x-api-key", key.encode())]
    scope = {"type": "http", "method": "GET", "path": STREAM, "query_string": b"", "headers": headers}
    communicator: Any = ApplicationCommunicator
    return communicator(application, scope)


async def _events(stream: Any, count: int) -> list[bytes]:
    """The next ones, as they stand on the wire."""
    if stream.input_queue.empty():
        await stream.send_input({"type": "http.request", "body": b""})
    events: list[bytes] = []
    while len(events) < count:
        said = await stream.receive_output(5)
        if said.get("body", b"").startswith(b"event: "):
            events.append(said["body"])
    return events


def _path(asked: Asked, keys: Mapping[str, str]) -> str:
    """`<development>` stands for the environment's id, `<server>` for the hash of that key, and so on."""
    path = asked.path.replace("<development>", keys["development"])
    for kind in ("server", "page", "relay"):
        path = path.replace(f"<{kind}>", sha256_of(keys[kind]))
    return path


def _content(asked: Asked) -> bytes:
    if isinstance(asked.body, dict):
        return json.dumps(asked.body).encode()
    return asked.body or b""


def _headers(asked: Asked, keys: Mapping[str, str]) -> dict[str, str]:
    if asked.key == "bearer":
        return {"Authorization": f"Bearer {keys['server']}"}
    return {**({"X-API-Key": keys[asked.key]} if asked.key else {}), **asked.headers}


def _compared(status: int, headers: Mapping[str, str]) -> dict[str, str]:
    """What the contract says of headers; DRF adds Allow to everything, where it means something only with a 405."""
    named = {name.lower(): value for name, value in headers.items()}
    return {name: named[name] for name in (*COMPARED, *ALLOW.get(status, ())) if name in named}
