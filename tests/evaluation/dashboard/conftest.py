"""Pages of the cast, open in the shop of Acme, as an ASGI server sees their sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from evaluation.dashboard.live import PING
from evaluation.stream import service
from flagforge.asgi import sockets
from tenants.models import User

Open = Callable[..., Awaitable["Page"]]
HOST = "testserver"


class Page:
    """An open page's socket."""

    def __init__(self, communicator: Any) -> None:
        self.communicator = communicator
        self.opened: dict[str, Any] = {}

    async def open(self) -> None:
        await self.communicator.send_input({"type": "websocket.connect"})
        self.opened = await self.communicator.receive_output(5)

    async def hears(self) -> dict[str, Any]:
        """What comes next; pings are passed over."""
        while True:
            said: dict[str, Any] = await self.communicator.receive_output(5)
            if said["type"] != "websocket.send":
                return said
            frame: dict[str, Any] = json.loads(said["text"])
            if frame["type"] != "ping":
                return frame

    async def is_quiet(self) -> bool:
        """Whether two pings come one after the other."""
        said = [await self.communicator.receive_output(5) for _ in range(2)]
        return all(each.get("text") == PING for each in said)


def session_of(user: User | None) -> str:
    """A fresh session of the person, as the cookie names it."""
    if user is None:
        return ""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def left_at_once(application: Any, scope: dict[str, Any], *, hears: int) -> None:
    """A socket whose client is gone after so many messages: uvicorn raises an OSError for what is sent then."""
    told = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not sent:
            return {"type": "websocket.connect"}
        await told.wait()
        await asyncio.sleep(0.1)
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > hears:
            told.set()
            raise ConnectionResetError

    async with asyncio.timeout(10):
        await application(scope, receive, send)


@pytest.fixture
async def open_page() -> AsyncIterator[Open]:
    """`open_page(session)`: the socket after its handshake, with what the server said to that as `page.opened`."""
    opened: list[Page] = []

    async def connect(
        session: str = "",
        place: str = "acme/shop",
        *,
        origin: str = f"http://{HOST}",
        host: str = HOST,
        age: str = "0",
        shows: str = "",
    ) -> Page:
        headers = [(b"host", host.encode()), (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode())]
        scope = {
            "type": "websocket",
            "path": f"/ws/dashboard/{place}",
            "query_string": urlencode({"age": age, "shows": shows} if age else {}).encode(),
            "headers": [*headers, (b"origin", origin.encode())] if origin else headers,
            "subprotocols": [],
        }
        communicator: Any = ApplicationCommunicator
        page = Page(communicator(sockets, scope))
        opened.append(page)
        await page.open()
        return page

    yield connect
    for page in opened:
        page.communicator.stop(exceptions=False)
    await service.stop()
