"""Real server processes on the test's own database, whichever that is."""

import os
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from evaluation.manifest import sign
from flags import services
from flags.demo import seed
from flags.models import Flag
from script.places import HOST, Places, free_port
from script.programs import programs
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Environment, User
from tests.conftest import AtOnce
from tests.npm.install import NotInstalled, install
from tests.npm.sdk import built_or_skip

Serve = Callable[..., "Server"]
Toggle = Callable[[str, bool], float]
Open = Callable[..., Page]
CHECKOUT = "/organizations/acme/projects/shop/flags/new-checkout/environments/"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
ALLOW_UNSAFE = "DJANGO_ALLOW_ASYNC_UNSAFE"

# Seconds in which a busy machine does what `script/bench toggle` sees done in a fifth of one; every fallback takes longer.
SOON = 4.0


@dataclass
class Server:
    """One control plane at work."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text()


def database_url() -> str:
    """Where the tests' database lies, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    account = f"{database['USER']}:{database['PASSWORD']}@" if database["USER"] else ""
    host = database["HOST"]
    if host.startswith("/"):
        return f"postgresql://{account}/{database['NAME']}?host={host}&port={database['PORT']}"
    return f"postgresql://{account}{host}:{database['PORT']}/{database['NAME']}"


class Servers:
    """Control planes on the test's database, with their logs in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Server] = []

    def start(self, **variables: str) -> Server:
        places = Places(HOST, free_port(), free_port(), self.folder)
        server = _started(places, self.folder / f"server-{len(self.started)}.log", variables)
        self.started.append(server)
        _wait_until_ready(server)
        return server

    def standing(self, count: int) -> list[Server]:
        """So many that still run, new ones where that is too few; what the test made so far is published."""
        alive = [server for server in self.started if server.process.poll() is None]
        servers = [*alive[:count], *(self.start() for _ in range(count - len(alive)))]
        _wait_until_drained()
        return servers

    def stop(self) -> None:
        for server in self.started:
            server.process.terminate()
        for server in self.started:
            server.process.wait(10)


@pytest.fixture(autouse=True)
def no_key_of_before() -> None:
    """A signing key that this process made in another test is in no database any more, where servers look for it."""
    sign.forget_everything()


@pytest.fixture
def serve(transactional_db: None, tmp_path: Path) -> Iterator[Serve]:
    """Starts a control plane each time it is called, with the variables given; all of them are ended with the test."""
    servers = Servers(tmp_path)
    yield servers.start
    servers.stop()


@pytest.fixture(scope="module")
def standing(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Control planes that outlive a test, since starting one takes longer than most tests."""
    servers = Servers(tmp_path_factory.mktemp("standing"))
    yield servers
    servers.stop()


def surroundings() -> dict[str, str]:
    """The environment of a process that works on the test's database as in life."""
    return {
        **{name: value for name, value in os.environ.items() if name != ALLOW_UNSAFE},
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "flagforge.settings.base",
        "FLAGFORGE_SECRET_KEY": settings.SECRET_KEY,
        "FLAGFORGE_ENVELOPE_KEY": b64encode(settings.ENVELOPE_KEYS[0]).decode(),
        "FLAGFORGE_LOG_LEVEL": "DEBUG",
    }


def _started(places: Places, log: Path, variables: dict[str, str]) -> Server:
    program = next(program for program in programs(places) if program.name == "control")
    environment = {**surroundings(), **program.environment, **variables}
    with log.open("w") as output:
        popen = subprocess.Popen(program.command, env=environment, stdout=output, stderr=output, start_new_session=True)
    return Server(places.url, popen, log)


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            if httpx.get(f"{server.url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not get ready:\n{server.said()}")


def _wait_until_drained() -> None:
    deadline = time.monotonic() + 30
    while outbox.waiting().exists():
        assert time.monotonic() < deadline, "what the test made is not published"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """OpenFeature's providers for JavaScript."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node and npm; script/test gets them")
    try:
        return install()
    except NotInstalled as error:
        pytest.skip(f"npm could not fetch OpenFeature's providers: {error}")


@pytest.fixture(scope="session")
def javascript_sdk() -> Path:
    """The SDK for JavaScript, built."""
    return built_or_skip()


@pytest.fixture
def demo(transactional_db: None, settings: Any, tmp_path: Path) -> dict[str, Any]:
    """The demo shop and its keys, as `keys.json` has them; as in a server, the committing process drains."""
    settings.DATA = tmp_path
    document = seed()
    assert document is not None
    settings.OUTBOX_NUDGE = True
    return document


@pytest.fixture
def session(demo: dict[str, Any], client: Client) -> str:
    """The cookie of the demo's owner, who is signed in."""
    client.force_login(User.objects.get(email=demo["login"]["email"]), "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


@pytest.fixture
def servers(demo: dict[str, Any], standing: Servers) -> list[Server]:
    """Serve the demo: one on SQLite, on PostgreSQL two."""
    return standing.standing(2 if connection.vendor == "postgresql" else 1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for all tests of a module, since starting it takes longer than most of them."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright's event loop runs in this thread, where Django would refuse to ask the database; but nothing of ours
        # waits in that loop.
        patch.setenv(ALLOW_UNSAFE, "yes")
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
def browser(servers: list[Server], chromium: Browser) -> Iterator[Browser]:
    """Its windows are closed before the servers lose their database."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def open_at(session: str, browser: Browser, servers: list[Server]) -> Open:
    """Opens a page in a window of its own, signed in."""

    def visit(path: str, server: int = 0, who: str = session, **window: Any) -> Page:
        url = servers[server].url
        context = browser.new_context(base_url=url, **window)
        context.add_cookies([{"name": "sessionid", "value": who, "url": url}])
        page = context.new_page()
        page.goto(path)
        return page

    return visit


@pytest.fixture
def open_page(session: str, browser: Browser, servers: list[Server]) -> Open:
    """Opens the page of a flag, which is that of all its environments at the empty path, in a window of its own, signed in.

    Nothing may be complained of in its console.
    """

    def visit(path: str = "development/", **window: Any) -> Page:
        context = browser.new_context(**window)
        context.add_cookies([{"name": "sessionid", "value": session, "url": servers[-1].url}])
        page = context.new_page()
        page.on("console", lambda message: refuse_complaint(message.type, message.text))
        page.goto(f"{servers[-1].url}{CHECKOUT}{path}")
        expect(page.locator("h1")).to_have_text("New checkout")
        return page

    return visit


def refuse_complaint(kind: str, text: str) -> None:
    # A refused form is an answer like any other, and a page that is left lets go of what it asked for; both are said aloud.
    is_expected = "status of 4" in text or text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
    assert kind != "error" or is_expected, text


def is_live(page: Page) -> Page:
    expect(page.locator("#live-state")).to_have_text("Live")
    return page


@pytest.fixture
def toggle(servers: list[Server], at_once: AtOnce) -> Toggle:
    """Switches a flag in production; returns when that was committed, on the monotonic clock."""

    def change(key: str, enabled: bool) -> float:
        production = Environment.objects.get(key="production")
        services.toggle_flag(Flag.objects.get(key=key), production, enabled=enabled, actor=Actor.system("test"))
        return time.monotonic()

    def switch(key: str, enabled: bool) -> float:
        (committed,) = at_once(lambda: change(key, enabled))
        assert isinstance(committed, float), committed
        return committed

    return switch
