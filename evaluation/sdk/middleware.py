"""Django middleware: one moment of the rules per request. Django calls it, it needs nothing of Django."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, cast

from .layers import Layered

Answering = Callable[[Any], Any]


def flag_moments(client: Layered) -> Callable[[Answering], Answering]:
    """Name the result in MIDDLEWARE. Within a request every answer of the client comes by the rules of its beginning.

    A request failed where its status is 500 or above, which is also what Django makes of exceptions of views.
    """

    def middleware(get_response: Answering) -> Answering:
        if iscoroutinefunction(get_response):
            return _asynchronous(client, cast("Callable[[Any], Awaitable[Any]]", get_response))
        return _synchronous(client, get_response)

    middleware.sync_capable = middleware.async_capable = True  # type: ignore[attr-defined]  # Django looks for them
    return middleware


def _synchronous(client: Layered, get_response: Answering) -> Answering:
    def answer(request: Any) -> Any:
        with client.moment() as moment:
            response = get_response(request)
            moment.has_failed = response.status_code >= 500
            return response

    return answer


def _asynchronous(client: Layered, get_response: Callable[[Any], Awaitable[Any]]) -> Answering:
    async def answer(request: Any) -> Any:
        with client.moment() as moment:
            response = await get_response(request)
            moment.has_failed = response.status_code >= 500
            return response

    return answer
