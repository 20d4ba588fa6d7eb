"""The one application of the control plane: who answers what."""

import os

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")
django.setup(set_prefix=False)

# Models and consumers can be imported only now.
from channels.routing import URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from analytics.attributes import observer  # noqa: E402
from evaluation.dashboard import routing as dashboard_routing  # noqa: E402
from evaluation.stream import service  # noqa: E402
from evaluation.stream.routing import http_routes, websocket_routes  # noqa: E402
from flagforge import following, heart, tracing, window  # noqa: E402
from flagforge.bodies import Application, Receive, Scope, Send  # noqa: E402
from flagforge.doors import Door  # noqa: E402
from flagforge.handlers import Handler, ShortHandler  # noqa: E402
from flagforge.lifespan import Lifespan  # noqa: E402
from flagforge.warmth import is_warm  # noqa: E402
from tenants import realm  # noqa: E402

STREAMS = {f"/{route.pattern}" for route in http_routes}


async def no_such_socket(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})


lifespan = Lifespan(
    starts=[following.start, service.start, observer.start, heart.start, window.start],
    stops=[window.stop, heart.stop, observer.stop, service.stop, following.stop, tracing.stop],
)
tracing.begin("web")
streams: Application = URLRouter(http_routes)
nowhere = re_path("", no_such_socket)  # type: ignore[arg-type]  # Channels' routes lead to ASGI applications
sockets: Application = URLRouter([*websocket_routes, *dashboard_routing.websocket_routes, nowhere])
programs = Door(
    ShortHandler(settings.SDK_MIDDLEWARE),
    name="programs",
    threads=4,
    body_limit=settings.SDK_BODY_LIMIT,
    is_warm=is_warm,
)
people = Door(Handler(), name="people", threads=8, body_limit=settings.PAGE_BODY_LIMIT)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope.get("path", "").startswith("//ofrep/"):
        # A base URL that ends with a slash; several OpenFeature providers put "/ofrep" behind it as it is.
        scope = {**scope, "path": scope["path"][1:]}
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
        return
    with realm.within(realm.NOTHING):  # until somebody is known
        await _who_answers(scope)(scope, receive, send)


def _who_answers(scope: Scope) -> Application:
    path = scope["path"]
    if scope["type"] == "websocket":
        return sockets
    if path in STREAMS:
        return streams
    return programs if path.startswith(settings.PROGRAM_PATHS) else people
