"""How a request reaches Django: on the event loop when nothing will be waited for, otherwise in a thread.

Django's own ASGI handler hands every synchronous view to a thread through asgiref, which costs more than most of our answers.
docs/decisions/0001-how-django-is-served.md has the numbers.
"""

import asyncio
import io
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import IO, Any

from django.core import signals
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from flagforge.answers import Answer, Outlet, answer_of, body_message, is_short
from flagforge.bodies import (
    BodyTooLarge,
    ClientGone,
    Receive,
    Scope,
    Send,
    drain,
    read_body,
    size_of,
    until_gone,
)
from flagforge.handlers import Handler, NeedsThread

# A larger body is parsed in a thread although the request is warm, so that open streams do not stutter.
INLINE_BODY_BYTES = 64_000

log = logging.getLogger("django.request")


class Door:
    """One ASGI application over one handler, with threads of its own: a crowd at one door does not stop the other.

    `is_warm` promises that a request will do no I/O. At most `most_waiting` requests wait for threads; the next one is
    sent away with 503, while warm ones are still answered.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        name: str,
        threads: int,
        body_limit: int,
        is_warm: Callable[[Scope], bool] = lambda scope: False,
        most_waiting: int = 500,
    ) -> None:
        self.handler = handler
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.body_limit = body_limit
        self.is_warm = is_warm
        self.most_waiting = most_waiting
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(scope, receive, limit=self.body_limit)
        except ClientGone:
            return
        except BodyTooLarge:
            await self._turn_away(scope, receive, send)
            return
        if answer := self._at_once(scope, body):
            await answer.send_to(send)
        else:
            await self._in_thread(scope, receive, send, body)

    def _at_once(self, scope: Scope, body: IO[bytes]) -> Answer | None:
        """The answer, made on the event loop; None when it has to come from a thread."""
        try:
            if size_of(body) <= INLINE_BODY_BYTES and self.is_warm(scope):
                return self._answer_here(scope, body)
        except NeedsThread:
            log.warning("%s %s was called warm and asked the database", scope["method"], scope["path"])
            body.seek(0)
        if self.waiting >= self.most_waiting:
            return self._answer_here(scope, body, refusal=503)
        return None

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer_here(scope, io.BytesIO(), refusal=413)
        answer.headers.append((b"connection", b"close"))
        await answer.send_to(send, more_body=True)
        await drain(receive)
        await send(body_message(b"", more_body=False))

    async def _in_thread(self, scope: Scope, receive: Receive, send: Send, body: IO[bytes]) -> None:
        outlet = Outlet(send)
        work = self.pool.submit(copy_context().run, self._work, scope, body, outlet)
        self.waiting += 1
        try:
            if answer := await _unless_gone(work, receive):
                await answer.send_to(send)
        finally:
            self.waiting -= 1
            outlet.gone.set()
            if work.cancelled():
                body.close()

    def _work(self, scope: Scope, body: IO[bytes], outlet: Outlet) -> Answer | None:
        """All in one thread, the end included: a response's iterator and its database connection stay where they began."""
        response = self._respond(scope, body)
        try:
            if is_short(response):
                return answer_of(response)
            outlet.stream(response, method=scope["method"])
            return None
        finally:
            response.close()

    def _answer_here(self, scope: Scope, body: IO[bytes], *, refusal: int = 0) -> Answer:
        response = self._respond(scope, body, refusal=refusal, on_event_loop=True)
        try:
            return answer_of(response)
        finally:
            response.close()

    def _respond(
        self, scope: Scope, body: IO[bytes], *, refusal: int = 0, on_event_loop: bool = False
    ) -> HttpResponseBase:
        """Close the response: that is how Django hears that the request is over and lets go of the database."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self.handler), scope=scope)
        try:
            request = ASGIRequest(scope, body)
        except UnicodeDecodeError:  # a query that is not UTF-8
            request, refusal = ASGIRequest({**scope, "query_string": b""}, body), 400
        request.refusal, request.on_event_loop = refusal, on_event_loop  # type: ignore[attr-defined]  # for our handlers
        response = self.handler.get_response(request)
        response._handler_class = type(self.handler)  # type: ignore[attr-defined]  # as Django's own handlers do
        return response


async def _unless_gone(work: "Future[Answer | None]", receive: Receive) -> Answer | None:
    """The thread's answer; None when it has sent it already or the client has left. What has not begun then never begins."""
    job = asyncio.wrap_future(work)
    leaving = asyncio.ensure_future(until_gone(receive))
    either: set[asyncio.Future[Any]] = {job, leaving}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return job.result() if job.done() else None
    finally:
        leaving.cancel()
        job.cancel()
