"""An outsider visits every URL of the map with every method and never sees anything of Acme.

The URLs come from the map itself, so a new one is covered without anybody thinking of it.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from evaluation.dashboard import routing as dashboard_routing
from evaluation.manifest import keyring, memory
from evaluation.stream import service
from evaluation.stream.routing import http_routes, websocket_routes
from flags import services as flag_services
from tenants import outbox, services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]

SECRET = "acme-secret-flag"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
REFUSED = {401, 403, 404}
# Everybody may come here; nothing of any tenant is shown.
PUBLIC = {
    "favicon.ico",
    "livez",
    "readyz",
    "metrics",
    ".well-known/flagforge/jwks.json",
    "api/schema/",
    "api/docs/",
    "api/postman.json",  # made of the schema
    "api/v1/leaked-keys",  # whoever has a whole key may report it
    "watching/stop/<str:secret>/",  # whoever has the link of a mail ends such mails, and sees whose they were
    "",  # what FlagForge is, for who is not signed in
    "about/",  # the same for everybody
    "design/",  # what pages are made of; nowhere in production
    "docs/",  # the documentation, from files
    "docs/search/",
    "docs/<path:slug>/",
    r"^docs/(?P<picture>.+\.(?:png|svg))$",
    "theme/",  # a cookie of the browser that asks
    "demo/",  # what client keys, which are public, may see of the project that the seed made
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$",
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    "accounts/confirm-email/",
    "accounts/inactive/",
    "accounts/logout/",
    "accounts/login/",
    "accounts/login/code/confirm/",
    "accounts/mfa/webauthn/login/",  # a challenge for whoever has a passkey
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/password/reset/key/done/",
    "accounts/signup/",
    "admin/logout/",
}
# Everybody who is logged in finds their own here, and nothing else. tests/tenants/admin opens Acme's own rows.
OWN = ("accounts/", "admin/")
OWN_LISTS = {"", "organizations/", "search/", "api/v1/organizations/", "api/v1/watching"}
# It names the flag that was asked for, whether there is one or not.
OFREP_REFUSAL = re.compile(
    rb'^{"key":"%b","errorCode":"(GENERAL|FLAG_NOT_FOUND|PARSE_ERROR","errorDetails":"The body: )' % SECRET.encode()
)
FILLINGS = {
    "<str:key>": SECRET,
    "<str:flag>": SECRET,
    "<str:experiment>": SECRET,
    "<str:segment>": SECRET,
    "<slug:organization>": "acme",
    "<slug:project>": "shop",
    "<slug:environment>": "development",
    "<slug:api_key>": "anything",
    "<slug:sha256>": "0" * 64,
    "<slug:member>": "anybody",
    "<slug:role>": "anything",
    "<slug:team>": "anything",
    "<slug:webhook>": "anything",
    "<slug:alert>": "anything",
    "<slug:saved_view>": "anything",
    "<slug:trigger>": "anything",
    "<slug:rollout>": "anything",
    "<slug:guardrail>": "anything",
    "<str:metric>": SECRET,
    "<str:group>": SECRET,
    "<slug:event>": "anything",
    "<slug:invitation>": "anything",
    "<slug:deleted>": "anything",
    "<slug:purge>": "anything",
    "<str:secret>": "anything",
    "<int:pk>": "1",
    "<int:version>": "1",
    "<path:rest>": "anything/else",
    "<path:slug>": "anything/else",
    r"^docs/(?P<picture>.+\.(?:png|svg))$": "docs/anything.png",
    "<anything:rest>": "anything/else",
    "<path:object_id>": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "<slug:action>": "kill",
    "<path:content_type_id>": "1",
    "^(?P<app_label>tenants|flags|evaluation|analytics)/$": "flags/",
    "(?P<url>.*)$": "anything/else",
    r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/MQ:1/",
    "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-abc/",
}


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def area_of(route: str) -> str:
    """OpenFeature's remote protocol is an API too; what lies alone is one area with all that does."""
    first = {"ofrep": "api"}.get(start := route.partition("/")[0], start)
    return first if first in LARGE else "elsewhere"


def address(route: str) -> str:
    for name, filling in FILLINGS.items():
        route = route.replace(name, filling)
    assert "<" not in route, f"say in FILLINGS what stands for the converter in {route}"
    return f"/{route}"


DJANGO_ROUTES = sorted(set(routes(get_resolver().url_patterns)))
LARGE = ("accounts", "admin", "api", "organizations")
AREAS = {area: list(routes) for area, routes in groupby(sorted(DJANGO_ROUTES, key=area_of), key=area_of)}
# No page of these knows keys: the kind that may do most stands there for all.
PAGES = ("accounts", "admin", "organizations")
KINDS = ("client", "server", "relay", "token")
TRIED = [(area, kind) for area in AREAS for kind in KINDS if area not in PAGES or kind == "token"]
STREAM_ROUTES = sorted(str(route.pattern) for route in http_routes)
PAGE_SOCKET_ROUTES = sorted(str(route.pattern) for route in dashboard_routing.websocket_routes)
SOCKET_ROUTES = sorted(str(route.pattern) for route in websocket_routes)


@pytest.fixture(autouse=True)
def acme_has_a_secret(shop: Project, development: Environment, system: Actor) -> None:
    memory.forget_everything()
    keyring.forget_everything()
    cache.clear()
    flag_services.create_flag(shop, {"key": SECRET, "type": "boolean"}, actor=system)
    outbox.drain()


@pytest.fixture
def their_keys(globex: Organization, system: Actor) -> dict[str, str]:
    """Keys of every kind that Globex has, all in good order."""
    project = services.create_project(globex, key="bank", name="Bank", actor=system)
    environment = services.create_environment(project, key="live", name="Live", actor=system)
    outbox.drain()
    scopes: dict[str, Any] = {"client": environment, "server": environment, "relay": globex, "token": globex}
    return {
        kind: services.create_api_key(
            kind=kind, scope=scope, name=kind, role=Role.ADMIN if kind == "token" else None, actor=system
        )[1]
        for kind, scope in scopes.items()
    }


def test_every_public_url_is_on_the_map() -> None:
    assert set(DJANGO_ROUTES) >= PUBLIC


@pytest.mark.parametrize("area", AREAS)
def test_a_stranger_is_refused(area: str, client: Client) -> None:
    for route, method, answer in visits(area, client):
        assert SECRET.encode() not in _content(answer).replace(b'"acme-secret-flag" for this API key', b""), route
        if route not in PUBLIC and method != "options":
            assert answer.status_code in REFUSED or _leads_to_login(answer), (route, method, answer.status_code)


@pytest.mark.parametrize("area", AREAS)
def test_a_person_of_another_organization_is_refused(
    area: str, client: Client, charlie: User, globex: Organization
) -> None:
    for route, method, answer in visits(area, client, person=charlie):
        assert SECRET.encode() not in _content(answer), (route, method)
        if route not in PUBLIC and method != "options":
            assert answer.status_code in REFUSED or _is_own(route, answer), (route, method, answer.status_code)


@pytest.mark.parametrize(("area", "kind"), TRIED)
def test_a_key_of_another_organization_opens_nothing_of_acme(
    area: str, kind: str, client: Client, their_keys: dict[str, str], development: Environment
) -> None:
    query = f"?environment={development.id}"

    for route, method, answer in visits(area, client, query=query, headers={"X-API-Key": their_keys[kind]}):
        # A 404 repeats the key that was asked for; it says nothing about there being such a flag.
        assert SECRET.encode() not in _content(answer).replace(f'\\"{SECRET}\\"'.encode(), b""), (route, method)
        assert answer.status_code < 500, (route, method)


def visits(
    area: str, client: Client, *, person: User | None = None, query: str = "", headers: dict[str, str] | None = None
) -> Iterator[tuple[str, str, Any]]:
    """Every URL of the area with every method, signed in anew for each URL: one of them signs out."""
    for route in AREAS[area]:
        cache.clear()  # no limit of tries, reached by the URLs before, answers for this one
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        for method in METHODS:
            yield route, method, getattr(client, method)(address(route) + query, headers=headers)


@pytest.mark.parametrize("query", ["", "key=nonsense", "key={token}", "key={server}", "token=ff_stream_0_0_0"])
@pytest.mark.parametrize("route", STREAM_ROUTES)
async def test_a_stranger_gets_no_stream(route: str, query: str, their_keys: dict[str, str]) -> None:
    stream = asgi("http", route, query=query.format(**their_keys))

    await stream.send_input({"type": "http.request", "body": b""})
    start, body = await stream.receive_output(5), await stream.receive_output(5)

    assert start["status"] in REFUSED
    assert SECRET.encode() not in body["body"]


@pytest.mark.parametrize("kind", ["client", "server"])
@pytest.mark.parametrize("route", SOCKET_ROUTES)
async def test_a_key_of_another_organization_streams_its_own_state(
    route: str, kind: str, their_keys: dict[str, str]
) -> None:
    socket = asgi("websocket", route, key=their_keys[kind])

    await socket.send_input({"type": "websocket.connect"})
    accepted, first = await socket.receive_output(5), await socket.receive_output(5)
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(5)
    await service.stop()

    assert accepted["type"] == "websocket.accept"
    assert '"type":"put"' in first["text"]
    assert SECRET not in first["text"]


@pytest.mark.parametrize("route", SOCKET_ROUTES)
async def test_a_stranger_is_told_why_a_socket_closes(route: str) -> None:
    socket = asgi("websocket", route)

    await socket.send_input({"type": "websocket.connect"})
    _, said, closing = [await socket.receive_output(5) for _ in range(3)]

    assert '"status":401' in said["text"]
    assert (closing["type"], closing["code"]) == ("websocket.close", 4401)


@pytest.mark.parametrize("route", PAGE_SOCKET_ROUTES)
async def test_a_person_of_another_organization_hears_nothing_of_acme(
    route: str, client: Client, charlie: User, globex: Organization
) -> None:
    await client.aforce_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    scope = {
        "type": "websocket",
        "path": address(route),
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            (b"origin", b"http://testserver"),
            (b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()),
        ],
        "subprotocols": [],
    }
    communicator: Any = ApplicationCommunicator
    socket = communicator(URLRouter(dashboard_routing.websocket_routes), scope)

    await socket.send_input({"type": "websocket.connect"})
    _, closing = [await socket.receive_output(5) for _ in range(2)]

    assert closing == {"type": "websocket.close", "code": 4404, "reason": "no-access"}


def asgi(kind: str, route: str, *, query: str = "", key: str = "") -> Any:  # asgiref's testing has no types
    scope = {
        "type": kind,
        "method": "GET",
        "path": f"/{route}",
        "query_string": query.encode(),
        "headers": [(b"x-api-key", key.encode())] if key else [],
        "subprotocols": [],
    }
    communicator: Any = ApplicationCommunicator
    return communicator(URLRouter(http_routes if kind == "http" else websocket_routes), scope)


def _content(answer: Any) -> bytes:
    content: bytes = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return OFREP_REFUSAL.sub(b"", content)


def _is_own(route: str, answer: Any) -> bool:
    return (route.startswith(OWN) or route in OWN_LISTS) and answer.status_code in {
        200,
        302,
        400,
        405,
        415,
        422,
    }


def _leads_to_login(answer: Any) -> bool:
    return answer.status_code == 302 and "login" in answer["Location"]
