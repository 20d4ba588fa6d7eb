"""Every program in the pages about the Python SDK runs as it stands there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from evaluation.relay.server import listen
from tests.evaluation.sdk.conftest import until
from tests.evaluation.sdk.edge import Edge, a_flag
from tests.sdks.python.pages import Page, assemble

PAGES = ["python-openfeature.md", "python-testing.md", "python-web.md"]
PYTEST = ["-m", "pytest", "-q", "-p", "flagforge_sdk.sdk.pytest_plugin", "-p", "no:django", "-p", "no:asyncio"]

DJANGO = """
import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=["shop.flags.moments"], ALLOWED_HOSTS=["*"])
django.setup()

import shop.flags
from django.test import Client

shop.flags.client.wait_until_ready(10)
urlpatterns = [path("", lambda request: HttpResponse(str(shop.flags.client.is_enabled("checkout"))))]
assert Client().get("/").content == b"True"
"""


@pytest.fixture
def edge() -> Iterator[Edge]:
    made = Edge(checkout=a_flag(), banner=a_flag("hello", value_type="string"), secret=a_flag())
    made.start()
    yield made
    made.stop()


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, edge: Edge, tmp_path: Path) -> Page:
    assemble(tmp_path)
    return Page(request.param, tmp_path, edge.url)


def test_every_program_runs(page: Page) -> None:
    programs = page.programs()

    assert programs
    for program in programs:
        command = PYTEST if program.name.startswith("test_") else []
        done = page.run(*command, str(program))
        assert (done.returncode, program.name) == (0, program.name), done.stdout + done.stderr


@pytest.fixture
def web(edge: Edge, tmp_path: Path) -> Page:
    assemble(tmp_path)
    page = Page("python-web.md", tmp_path, edge.url)
    page.programs()
    return page


def test_the_middleware_for_django_is_named_as_the_page_says(web: Page) -> None:
    done = web.run("-c", DJANGO)

    assert done.returncode == 0, done.stderr


@pytest.fixture
def proxy(web: Page) -> Iterator[str]:
    """The address of the proxy in the page, at work."""
    listener = listen("127.0.0.1", 0)
    command = [sys.executable, "-m", "uvicorn", "proxy:app", "--fd", str(listener.fileno())]
    environment = {**os.environ, "PYTHONPATH": str(web.folder)}
    started = subprocess.Popen(command, cwd=web.folder, env=environment, pass_fds=[listener.fileno()])
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    started.kill()
    started.wait(10)
    listener.close()


def test_the_proxy_answers_what_anybody_may_see_and_tells_of_changes(proxy: str, edge: Edge) -> None:
    with httpx.Client(base_url=proxy, timeout=20) as browser:
        until(lambda: browser.get("/flags").json() == {"checkout": True, "banner": "hello"}, 30)
        with browser.stream("GET", "/changes") as changes:
            lines = (line for line in changes.iter_lines() if line)
            assert next(lines) == ": hello"
            edge.publish(checkout=a_flag(False), banner=a_flag("hello", value_type="string"), secret=a_flag(False))

            assert [next(lines), next(lines)] == ["event: change", 'data: ["checkout"]']

        assert browser.get("/flags?targetingKey=alice").json()["checkout"] is False


def test_the_proxy_is_forty_lines(web: Page) -> None:
    lines = [line for line in (web.folder / "proxy.py").read_text().splitlines() if line.strip()]

    assert len(lines) <= 40
