"""Requests on their way to Django and back, through a real server and a real database."""

import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from django.contrib.auth.models import Permission
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import UploadedFile
from django.core.signals import request_finished
from django.db import connections
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from pytest_django import Settings

from flagforge.doors import Door
from flagforge.handlers import Handler, ShortHandler
from tests.flagforge.conftest import Serving

LIMIT = 1_000_000
SHORT = ["tenants.middleware.request_id", "flagforge.middleware.problems"]
Opening = Callable[..., httpx.Client]


class Seen:
    """What the views saw; each test begins with an empty one."""

    def __init__(self) -> None:
        self.connections: list[Any] = []
        self.threads: list[str] = []
        self.answered = threading.Event()
        self.may_go_on = threading.Event()
        self.chunks = 0
        self.closed = threading.Event()


seen = Seen()


def plain(request: HttpRequest) -> HttpResponse:
    seen.threads.append(threading.current_thread().name)
    return HttpResponse(b"hello", content_type="text/plain")


def length(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.read())))


def form(request: HttpRequest) -> HttpResponse:
    uploaded = request.FILES["file"]
    assert isinstance(uploaded, UploadedFile)
    return HttpResponse(str(uploaded.size))


def database(request: HttpRequest) -> HttpResponse:
    seen.threads.append(threading.current_thread().name)
    body = request.read()
    assert Permission.objects.exists()
    seen.connections.append(connections["default"])
    return HttpResponse(body)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("out of luck")


def held(request: HttpRequest) -> HttpResponse:
    seen.threads.append(threading.current_thread().name)
    seen.may_go_on.wait(10)
    seen.answered.set()
    return HttpResponse()


def chunks() -> Iterator[bytes]:
    try:
        for _ in range(2000):
            seen.chunks += 1
            yield b"x" * 10_000
    finally:
        seen.closed.set()


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(chunks(), content_type="text/plain")


def broken_stream(request: HttpRequest) -> StreamingHttpResponse:
    def breaking() -> Iterator[bytes]:
        yield b"so far"
        raise RuntimeError("no further")

    return StreamingHttpResponse(breaking())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(Path(__file__).open("rb"))


def cookies(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(request.COOKIES.get("a", "none"))
    response.set_cookie("b", "2")
    response.set_cookie("c", "3")
    return response


def names_in_log(request: HttpRequest) -> HttpResponse:
    before = dict(structlog.contextvars.get_contextvars())
    structlog.contextvars.bind_contextvars(leak="yes")
    return HttpResponse(",".join(sorted(before)))


urlpatterns = [
    path(view.__name__, view)
    for view in (
        plain,
        length,
        form,
        database,
        broken,
        held,
        stream,
        broken_stream,
        file,
        cookies,
        names_in_log,
    )
]


@pytest.fixture(autouse=True)
def own_urls(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["*"]
    seen.__init__()  # type: ignore[misc]  # the views know it by name


@pytest.fixture
def opening(serving: Serving) -> Iterator[Opening]:
    """A client of a server with one door, made from a handler and the door's options."""
    clients: list[httpx.Client] = []

    def make(handler: Handler | None = None, **options: Any) -> httpx.Client:
        given = {"name": "door", "threads": 2, "body_limit": LIMIT, **options}
        running = serving(Door(handler or ShortHandler(SHORT), **given))
        clients.append(httpx.Client(base_url=running.url, timeout=10))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def always(scope: Any) -> bool:
    return True


def raw(client: httpx.Client, request: bytes) -> socket.socket:
    connected = socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=10)
    connected.sendall(request)
    return connected


def test_a_cold_request_is_answered_from_a_thread(opening: Opening) -> None:
    response = opening().get("/plain")

    assert (response.status_code, response.text) == (200, "hello")
    assert response.headers["content-length"] == "5"
    assert seen.threads[0].startswith("door")


def test_a_warm_request_is_answered_on_the_event_loop(opening: Opening) -> None:
    response = opening(is_warm=always).get("/plain")

    assert response.text == "hello"
    assert not seen.threads[0].startswith("door")


def test_a_large_body_goes_to_a_thread_although_warm(opening: Opening) -> None:
    client = opening(is_warm=always)

    client.post("/plain", content=b"x" * 64_000)
    client.post("/plain", content=b"x" * 64_001)
    client.post("/plain", content=(b"x" * 1000 for _ in range(65)))

    assert [name.startswith("door") for name in seen.threads] == [False, True, True]


@pytest.mark.django_db(transaction=True)
def test_a_warm_request_that_asks_the_database_is_answered_from_a_thread_after_all(
    opening: Opening, caplog: pytest.LogCaptureFixture
) -> None:
    client = opening(is_warm=always)

    with caplog.at_level(logging.WARNING, "django.request"):
        response = client.post("/database", content=b"body")

    assert (response.status_code, response.text) == (200, "body")
    assert [name.startswith("door") for name in seen.threads] == [False, True]
    assert "POST /database was called warm and asked the database" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_database_connection_is_closed_after_a_request(opening: Opening) -> None:
    opening().get("/database")

    assert len(seen.connections) == 1
    assert seen.connections[0].connection is None


@pytest.mark.parametrize("is_warm", [always, lambda scope: False], ids=["warm", "cold"])
def test_the_end_of_a_request_is_announced_once(opening: Opening, is_warm: Callable[[Any], bool]) -> None:
    ends: list[object] = []
    client = opening(is_warm=is_warm)

    def count(**signal: Any) -> None:
        ends.append(signal["sender"])

    request_finished.connect(count)
    client.get("/plain")
    request_finished.disconnect(count)

    assert ends == [ShortHandler]


@pytest.mark.parametrize("url", ["/plain", "/stream", "/file"])
def test_head_answers_without_a_body(opening: Opening, url: str) -> None:
    client = opening()

    response = client.head(url)

    assert (response.status_code, response.content) == (200, b"")
    assert client.get("/plain").text == "hello"
    assert seen.chunks == 0


def test_a_body_of_the_limit_is_read_in_whole(opening: Opening) -> None:
    response = opening().post("/length", content=b"x" * LIMIT)

    assert response.text == str(LIMIT)


@pytest.mark.parametrize("size", [LIMIT + 1, 10_000_000])
def test_a_larger_body_is_a_413_problem_that_every_origin_may_read(opening: Opening, size: int) -> None:
    response = opening().post("/length", content=b"x" * size)

    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["connection"] == "close"
    assert response.json()["detail"] == "At most 1,000,000 bytes are read here."


def test_a_client_that_sends_all_of_a_body_that_was_refused_still_hears_why(opening: Opening) -> None:
    head = b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"

    with raw(opening(), head + b"x" * 10_000_000) as stubborn:
        answer = stubborn.recv(4096)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_larger_body_in_chunks_of_unknown_number_is_a_413_too(opening: Opening) -> None:
    response = opening().post("/length", content=(b"x" * 50_000 for _ in range(40)))

    assert response.status_code == 413


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(opening: Opening) -> None:
    client = opening()

    with raw(client, b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n") as waiting:
        first = waiting.recv(4096)

    assert first.startswith(b"HTTP/1.1 413 ")


def test_a_large_upload_of_a_form_is_read_from_disk(opening: Opening) -> None:
    client = opening(Handler(), body_limit=10_000_000)
    token = {"Cookie": f"csrftoken={'a' * 32}", "X-CSRFToken": "a" * 32}

    response = client.post("/form", files={"file": b"x" * 5_000_000}, headers=token)

    assert response.text == "5000000"


def test_an_exception_is_a_500_problem_and_one_line_of_log(opening: Opening, caplog: pytest.LogCaptureFixture) -> None:
    response = opening().get("/broken")

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-request-id"] in response.json()["detail"]
    assert [record.exc_info is not None for record in caplog.records if record.levelno >= logging.ERROR] == [True]


def test_an_exception_on_the_event_loop_is_the_same_problem(opening: Opening) -> None:
    response = opening(is_warm=always).get("/broken")

    assert response.status_code == 500
    assert response.json()["title"] == "Something broke here"


def test_an_unknown_address_is_a_404_problem(opening: Opening) -> None:
    response = opening().get("/nothing")

    assert response.status_code == 404
    assert response.json()["type"] == "/problems/no-such-address"


def test_people_get_pages_for_errors(opening: Opening) -> None:
    response = opening(Handler()).get("/nothing")

    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


def test_a_query_that_is_not_utf8_is_a_400_problem(opening: Opening) -> None:
    with raw(opening(), b"GET /plain?a=\xff HTTP/1.1\r\nHost: x\r\n\r\n") as waiting:
        answer = waiting.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_long_answer_is_streamed_to_its_end(opening: Opening) -> None:
    response = opening().get("/stream")

    assert len(response.content) == 20_000_000
    assert "content-length" not in response.headers


def test_a_long_answer_is_not_made_before_the_client_takes_it(opening: Opening) -> None:
    client = opening()

    with raw(client, b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n") as slow:
        slow.recv(1000)
        time.sleep(0.3)
        made = seen.chunks

    assert 0 < made < 2000


def test_a_long_answer_ends_with_its_client(opening: Opening) -> None:
    client = opening()

    with raw(client, b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n") as leaving:
        leaving.recv(1000)

    assert seen.closed.wait(5)
    assert seen.chunks < 2000


def test_a_long_answer_that_breaks_is_cut_and_logged_once(opening: Opening, caplog: pytest.LogCaptureFixture) -> None:
    client = opening()

    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/broken_stream")

    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


def test_a_file_arrives_with_its_length(opening: Opening) -> None:
    response = opening().get("/file")

    assert response.content == Path(__file__).read_bytes()
    assert int(response.headers["content-length"]) == len(response.content)


def test_every_cookie_is_set(opening: Opening) -> None:
    client = opening()

    response = client.get("/cookies", headers={"Cookie": "a=1"})

    assert response.text == "1"
    assert dict(response.cookies) == {"b": "2", "c": "3"}


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_line_of_log(
    opening: Opening, caplog: pytest.LogCaptureFixture
) -> None:
    client = opening()

    raw(client, b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf").close()
    answer = client.get("/plain")

    assert answer.text == "hello"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_what_nobody_waits_for_any_more_does_not_begin(opening: Opening) -> None:
    client = opening(threads=1)
    first = raw(client, b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
    wait_for(lambda: len(seen.threads) == 1)
    raw(client, b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n").close()
    time.sleep(0.2)

    seen.may_go_on.set()
    first.recv(1000)
    first.close()
    client.get("/plain")

    assert len(seen.threads) == 2


def test_a_crowd_is_sent_away_with_503_and_warm_requests_are_not(opening: Opening) -> None:
    client = opening(threads=1, most_waiting=1, is_warm=lambda scope: scope["path"] == "/cookies")
    waiting = raw(client, b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
    wait_for(lambda: len(seen.threads) == 1)

    response = client.get("/plain")
    warm = client.get("/cookies")
    seen.may_go_on.set()
    waiting.recv(1000)
    waiting.close()

    assert warm.status_code == 200
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["type"] == "/problems/too-busy"
    assert client.get("/plain").status_code == 200


@pytest.mark.parametrize("is_warm", [always, lambda scope: False], ids=["warm", "cold"])
def test_names_in_the_log_do_not_reach_the_next_request(opening: Opening, is_warm: Callable[[Any], bool]) -> None:
    client = opening(is_warm=is_warm)

    client.get("/names_in_log")
    second = client.get("/names_in_log")

    assert second.text == "request_id"


def test_names_in_the_log_do_not_reach_the_next_of_two_requests_sent_together(opening: Opening) -> None:
    request = b"GET /names_in_log HTTP/1.1\r\nHost: x\r\n\r\n"

    with raw(opening(is_warm=always), request + request.replace(b"Host: x", b"Host: x\r\nConnection: close")) as pair:
        answers = b"".join(iter(lambda: pair.recv(4096), b""))

    assert answers.count(b"request_id") == 2
    assert b"leak" not in answers


def test_a_compressed_body_is_left_to_the_view(opening: Opening) -> None:
    body = gzip.compress(b"x" * 5000)

    response = opening().post("/length", content=body, headers={"Content-Encoding": "gzip"})

    assert response.text == str(len(body))


def test_middleware_with_hooks_is_refused_in_the_short_list() -> None:
    with pytest.raises(ImproperlyConfigured, match="CsrfViewMiddleware has process_ hooks"):
        ShortHandler(["django.middleware.csrf.CsrfViewMiddleware"])


def wait_for(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)
