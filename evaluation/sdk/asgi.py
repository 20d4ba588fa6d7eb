"""ASGI middleware: one moment of the rules per request. It knows no framework."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .layers import Layered

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class FlagMoments:
    """Within a request every answer of the client comes by the rules of its beginning; WebSockets ask by those of the moment.

    A request failed where its status is 500 or above, or where an exception leaves the application.
    """

    def __init__(self, app: Application, client: Layered) -> None:
        self._app, self._client = app, client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._client.moment() as moment:

            async def watch(message: Message) -> None:
                if message["type"] == "http.response.start" and message["status"] >= 500:
                    moment.has_failed = True
                await send(message)

            await self._app(scope, receive, watch)
