"""Real applications of Django and Starlette: one moment of the rules per request, and what became of it."""

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from evaluation.sdk.asgi import FlagMoments
from evaluation.sdk.middleware import flag_moments
from evaluation.sdk.testing import TestData

pytest_plugins = ["evaluation.sdk.pytest_plugin"]


class Shop:
    """An application in which somebody changes the flag in the middle of each request."""

    def __init__(self, data: TestData) -> None:
        data.flag("checkout").serves("on")
        self.data, self.client = data, data.client()

    def page(self) -> str:
        before = self.client.boolean_details("checkout", False).variant
        self.data.flag("checkout").serves("off" if before == "on" else "on")
        return f"{before} {self.client.boolean_details('checkout', False).variant}"

    def counted(self) -> set[tuple[str, int, int]]:
        return {(each["variant"], each["requests"], each["errors"]) for each in self.client._outcomes.take()}


@pytest.fixture
def shop(flagforge: TestData) -> Shop:
    return Shop(flagforge)


@pytest.fixture
def django_shop(shop: Shop) -> Iterator[Shop]:
    """Its urls and its middleware, where Django's settings name them."""

    def page(_: HttpRequest) -> HttpResponse:
        return HttpResponse(shop.page())

    async def page_later(_: HttpRequest) -> HttpResponse:
        return HttpResponse(shop.page())

    def broken(_: HttpRequest) -> HttpResponse:
        shop.page()
        raise RuntimeError("no")

    def missing(_: HttpRequest) -> HttpResponse:
        shop.page()
        return HttpResponse(status=404)

    module: Any = ModuleType("a_shop")
    module.urlpatterns = [path("", page), path("later", page_later), path("broken", broken), path("missing", missing)]
    module.moments = flag_moments(shop.client)
    sys.modules["a_shop"] = module
    with override_settings(ROOT_URLCONF="a_shop", MIDDLEWARE=["a_shop.moments"]):
        yield shop
    del sys.modules["a_shop"]


def test_django_answers_each_request_by_one_moment(django_shop: Shop) -> None:
    browser = Client()

    assert [browser.get("/").content for _ in range(2)] == [b"on on", b"off off"]
    assert django_shop.counted() == {("on", 1, 0), ("off", 1, 0)}


async def test_django_does_so_when_it_is_asynchronous(django_shop: Shop) -> None:
    browser = AsyncClient()

    assert [(await browser.get("/later")).content for _ in range(2)] == [b"on on", b"off off"]
    assert (await browser.get("/")).content == b"on on"
    assert django_shop.counted() == {("on", 2, 0), ("off", 1, 0)}


def test_an_unhandled_error_in_django_is_counted_for_what_was_served(django_shop: Shop) -> None:
    browser = Client(raise_request_exception=False)

    assert (browser.get("/broken").status_code, browser.get("/missing").status_code) == (500, 404)

    assert django_shop.counted() == {("on", 1, 1), ("off", 1, 0)}


async def test_an_unhandled_error_in_asynchronous_django_is_counted(django_shop: Shop) -> None:
    await AsyncClient(raise_request_exception=False).get("/broken")

    assert django_shop.counted() == {("on", 1, 1)}


Answer = Callable[[Request], Response]


def starlette(shop: Shop, answer: Any) -> httpx.AsyncClient:
    """Who asks a Starlette application with one page."""
    app = Starlette(routes=[Route("/", answer)], middleware=[Middleware(FlagMoments, client=shop.client)])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://shop")


async def test_an_asgi_application_answers_each_request_by_one_moment(shop: Shop) -> None:
    async def page(_: Request) -> Response:
        return PlainTextResponse(shop.page())

    async with starlette(shop, page) as browser:
        assert [(await browser.get("/")).text for _ in range(2)] == ["on on", "off off"]

    assert shop.counted() == {("on", 1, 0), ("off", 1, 0)}


async def test_what_runs_in_a_thread_or_while_streaming_belongs_to_the_request(shop: Shop) -> None:
    def page(_: Request) -> Response:
        before = shop.page()
        return StreamingResponse(iter([before, " ", shop.page()]))

    async with starlette(shop, page) as browser:
        assert (await browser.get("/")).text == "on on on on"


@pytest.mark.parametrize("status", [500, 503])
async def test_an_answer_of_500_or_above_is_counted_as_an_error(status: int, shop: Shop) -> None:
    def page(_: Request) -> Response:
        shop.page()
        return Response(status_code=status)

    async with starlette(shop, page) as browser:
        await browser.get("/")

    assert shop.counted() == {("on", 1, 1)}


async def test_an_exception_that_leaves_an_asgi_application_is_counted(shop: Shop) -> None:
    def page(_: Request) -> Response:
        shop.page()
        raise RuntimeError("no")

    async with starlette(shop, page) as browser:
        assert (await browser.get("/")).status_code == 500

    assert shop.counted() == {("on", 1, 1)}


async def test_a_websocket_asks_by_the_rules_of_the_moment(shop: Shop) -> None:
    said: list[str] = []

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(shop.page())
        await socket.close()

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message.get("text", ""))

    app = FlagMoments(Starlette(routes=[WebSocketRoute("/", talk)]), shop.client)
    await app({"type": "websocket", "path": "/", "headers": [], "query_string": b"", "subprotocols": []}, receive, send)

    assert "on off" in said
    assert shop.counted() == set()
