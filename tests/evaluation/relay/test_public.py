"""A relay that serves without a key: one environment's client-visible values, to the pages of some origins, and never a rule."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from evaluation.relay.__main__ import main
from evaluation.relay.public import Public
from evaluation.relay.public import is_origin as is_origin_here
from tenants.services.api_key_bounds import _is_origin as is_origin_there
from tests.evaluation.delivery.conftest import FLAG
from tests.evaluation.relay.conftest import HOST, Serve, Served
from tests.evaluation.relay.said import PLACE, SECRET, put
from tests.evaluation.wire.test_trust import manifest

SHOP, ELSEWHERE = "https://shop.example", "https://elsewhere.example"
FLAGS, OFREP = "/api/v1/sdk/flags", "/ofrep/v1/evaluate/flags"
Open = Callable[..., Served]


@pytest.fixture
def serve_publicly(serve: Serve) -> Open:
    def start(environment: str = "e", origins: frozenset[str] = frozenset({SHOP})) -> Served:
        served = serve(public=Public(environment, origins))
        hidden = {**FLAG, "client_visible": False}
        served.tell("put", put(manifest(2, shown=FLAG, hidden=hidden)))
        return served

    return start


@pytest.fixture
def served(serve_publicly: Open) -> Served:
    return serve_publicly()


def ask(served: Served, path: str, *, method: str = "GET", origin: str = SHOP, **asked: Any) -> httpx.Response:
    headers = {**({"Origin": origin} if origin else {}), **asked.pop("headers", {})}
    return httpx.request(method, f"http://{HOST}:{served.port}{path}", headers=headers, timeout=10, **asked)


def test_one_line_in_a_page_is_enough(served: Served) -> None:
    answer = ask(served, f"{FLAGS}?targetingKey=u1")

    assert answer.status_code == 200
    assert list(answer.json()["flags"]) == ["shown"]
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{FLAGS}/shown", 200),
        ("POST", FLAGS, 200),
        ("GET", f"{FLAGS}/hidden", 404),
        ("POST", OFREP, 200),
        ("POST", f"{OFREP}/shown", 200),
        ("POST", f"{OFREP}/hidden", 404),
        ("GET", "/api/v1/sdk/poll?targetingKey=u1", 200),
        ("GET", "/api/v1/sdk/ruleset", 401),
        ("GET", "/api/v1/sdk/relay/stream", 401),
        ("GET", f"/api/v1/sdk/relay/keys/{'0' * 64}", 401),
    ],
)
def test_whoever_shows_no_key_gets_values_and_never_a_rule(method: str, path: str, status: int, served: Served) -> None:
    body = b'{"context": {"targetingKey": "u1"}}' if method == "POST" else b""

    assert ask(served, path, method=method, content=body).status_code == status


@pytest.mark.parametrize(
    "path", [FLAGS, f"{FLAGS}/shown", "/api/v1/sdk/stream", "/api/v1/sdk/poll", "/ofrep/v1/stream"]
)
def test_pages_of_other_origins_are_refused(path: str, served: Served) -> None:
    refused = ask(served, path, origin=ELSEWHERE)

    assert (refused.status_code, refused.json()["title"]) == (403, "Not for this page")


def test_programs_that_are_no_browser_are_answered(served: Served) -> None:
    assert ask(served, FLAGS, origin="").status_code == 200


def test_pages_of_any_origin_where_that_was_said(serve_publicly: Open) -> None:
    served = serve_publicly(origins=frozenset())

    assert ask(served, FLAGS, origin=ELSEWHERE).status_code == 200


def test_whoever_shows_a_key_is_treated_as_usual(served: Served) -> None:
    key = {"X-API-Key": SECRET}

    whole = ask(served, "/api/v1/sdk/ruleset", origin=ELSEWHERE, headers=key)
    refused = ask(served, FLAGS, headers={"X-API-Key": "nonsense"})

    assert set(whole.json()["flags"]) == {"shown", "hidden"}
    assert refused.status_code == 401


def first_event(served: Served, path: str, origin: str = SHOP) -> tuple[str, Any]:
    with httpx.stream("GET", f"http://{HOST}:{served.port}{path}", headers={"Origin": origin}, timeout=10) as stream:
        name = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


def test_a_stream_carries_values(served: Served) -> None:
    name, said = first_event(served, "/api/v1/sdk/stream?targetingKey=u1")

    assert (name, list(said["flags"]), said["version"]) == ("put", ["shown"], 2)


def test_openfeatures_stream_opens_with_the_token_and_without(served: Served) -> None:
    address = ask(served, OFREP, method="POST", content=b"{}").json()["eventStreams"][0]["endpoint"]["requestUri"]

    assert first_event(served, address)[1]["type"] == "refetchEvaluation"
    assert first_event(served, "/ofrep/v1/stream")[1]["type"] == "refetchEvaluation"
    assert ask(served, address, origin=ELSEWHERE).status_code == 403


@pytest.mark.parametrize(("origin", "heard"), [(SHOP, "put"), (ELSEWHERE, "/problems/origin-not-allowed")])
def test_a_socket_opens_for_the_right_pages(origin: str, heard: str, served: Served) -> None:
    with connect(f"ws://{HOST}:{served.port}/ws/sdk?targetingKey=u1", origin=Origin(origin)) as socket:
        assert json.loads(socket.recv(10))["type"] == heard
        if origin == ELSEWHERE:
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403


def test_telemetry_is_taken_as_a_client_keys(served: Served) -> None:
    batch = {"batch": "b1", "sdk": {"name": "by-hand"}, "from": "2026-11-21T10:00:00Z", "to": "2026-11-21T10:01:00Z"}

    taken = ask(served, "/api/v1/sdk/events", method="POST", json=batch)

    assert taken.status_code == 202
    assert [(each.environment_id, each.kind) for each in served.relay.holdings.batches.rest()] == [("e", "client")]


@pytest.mark.parametrize("environment", ["acme/shop/production", "e"])
def test_the_environment_is_named_by_its_id_or_its_place(environment: str, serve_publicly: Open) -> None:
    served = serve_publicly(environment)

    assert ask(served, FLAGS).status_code == 200
    assert ask(served, "/status").json()["public"] == {"environment": "e", "origins": [SHOP]}


def test_until_its_environment_is_heard_of_it_is_not_ready(serve_publicly: Open) -> None:
    served = serve_publicly("acme/shop/staging")

    refused = ask(served, FLAGS)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert ask(served, "/status").json()["public"]["environment"] is None


def test_when_its_environment_goes_the_streams_end(served: Served) -> None:
    with httpx.stream("GET", f"http://{HOST}:{served.port}/api/v1/sdk/stream", timeout=10) as stream:
        lines = stream.iter_lines()
        while not next(lines).startswith("data: "):
            pass
        served.tell("environments", [{**PLACE, "id": "another"}])
        rest = list(lines)

    assert any(line.startswith("event: bye") for line in rest)
    assert ask(served, FLAGS).status_code == 503


def test_without_the_option_a_key_is_needed(serve: Serve) -> None:
    served = serve()

    assert ask(served, FLAGS).status_code == 401
    assert ask(served, "/status").json()["public"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--public", "e"], "--public needs --origin"),
        (["--origin", SHOP], "give --public too"),
        (["--public", "e", "--origin", "shop.example"], "as browsers send it"),
        (["--public", "e", "--origin", f"{SHOP}/"], "as browsers send it"),
        (["--public", "e", "--origin", ""], "as browsers send it"),
    ],
)
def test_half_of_it_is_refused_at_the_start(
    options: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLAGFORGE_RELAY_KEY", f"ff_relay_{'x' * 43}")

    with pytest.raises(SystemExit) as ended:
        main([*options, "--port", "0"])

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "origin",
    [
        SHOP,
        f"{SHOP}:8443",
        "http://[::1]:3000",
        "HTTPS://shop.example",
        f"{SHOP}/",
        "*",
        "null",
        "ftp://a",
        "https://a:x",
        "",
    ],
)
def test_an_origin_is_one_at_a_relay_where_it_is_one_for_a_key(origin: str) -> None:
    assert is_origin_here(origin) == is_origin_there(origin)
