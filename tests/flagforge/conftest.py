"""A real server in a thread, for applications that a test makes."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from evaluation.relay.server import Server, configuration, listen
from flagforge.bodies import Application, Receive, Scope, Send
from flagforge.lifespan import Hook, Lifespan
from script.places import HOST

Serving = Callable[..., "Running"]


@dataclass
class Running:
    port: int
    server: Server

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


@pytest.fixture
def serving() -> Iterator[Serving]:
    """Serves an application (with `stops=`, hooks); the server is stopped with the test."""
    with ExitStack() as stack:
        yield lambda *application, **hooks: stack.enter_context(_served(*application, **hooks))


@contextmanager
def _served(application: Application, *, stops: Sequence[Hook] = ()) -> Iterator[Running]:
    started = threading.Event()

    async def report() -> None:
        started.set()

    listener = listen(HOST, 0, reuse_port=False)
    server = Server(configuration(_with_lifespan(application, Lifespan(starts=[report], stops=stops))))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert started.wait(10)
    yield Running(listener.getsockname()[1], server)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def _with_lifespan(application: Application, lifespan: Application) -> Application:
    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        await (lifespan if scope["type"] == "lifespan" else application)(scope, receive, send)

    return whole
