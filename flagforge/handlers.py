"""Django's synchronous request handling as our doors need it: with refusals, and with a way back from the event loop."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from flagforge import tracing


class NeedsThread(BaseException):
    """A request on the event loop asked the database. No `Exception`, so that nothing on the way makes an answer of it."""


class Handler(BaseHandler):
    """Django's synchronous request handling, with all of settings.MIDDLEWARE."""

    _middleware_chain: Any

    def __init__(self) -> None:
        self.load_middleware()
        self._middleware_chain = tracing.around(self._middleware_chain)

    def _get_response(self, request: HttpRequest) -> HttpResponseBase:
        if refusal := getattr(request, "refusal", 0):
            retry = {"Retry-After": "1"} if refusal == 503 else {}
            return HttpResponse(status=refusal, headers=retry)
        return super()._get_response(request)  # type: ignore[misc,no-any-return]  # the stubs leave it out

    def process_exception_by_middleware(self, exception: Exception, request: HttpRequest) -> HttpResponse:
        if isinstance(exception, SynchronousOnlyOperation) and getattr(request, "on_event_loop", False):
            raise NeedsThread
        return super().process_exception_by_middleware(exception, request)


class ShortHandler(Handler):
    """The same with a short list of middleware of its own, each a plain callable around the next."""

    def __init__(self, middleware: Sequence[str]) -> None:
        self.middleware = middleware
        super().__init__()

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[object] = []
        self._template_response_middleware: list[object] = []
        self._exception_middleware: list[object] = []
        chain = convert_exception_to_response(self._get_response)
        for path in reversed(self.middleware):
            middleware = import_string(path)(chain)
            if any(hasattr(middleware, f"process_{hook}") for hook in ("view", "exception", "template_response")):
                raise ImproperlyConfigured(
                    f"SDK_MIDDLEWARE: {path} has process_ hooks, and only __call__ is called here."
                )
            chain = convert_exception_to_response(middleware)
        self._middleware_chain = chain
