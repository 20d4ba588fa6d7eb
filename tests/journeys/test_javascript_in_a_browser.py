"""Pages of another origin with the SDK for JavaScript in a real Chromium, by hand and with frameworks."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.models import TelemetryBatch
from tests.conftest import AtOnce
from tests.journeys.conftest import CHROMIUM, Server, Toggle

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it"),
    pytest.mark.timeout(600),  # the first of all tests with the SDK builds it
]
PATIENCE = 20_000  # milliseconds
OpenPage = Callable[..., Page]

SHOP = """
<p id="checkout"></p><p id="status"></p><p id="key"></p>
<script src="flagforge.min.js"></script>
<script>
  const flags = new FlagForge.Client(JSON.parse(document.body.dataset.options));
  const say = (id, words) => (document.getElementById(id).textContent = words);
  function show() {
    say("checkout", flags.booleanValue("new-checkout", false));
    say("status", flags.status);
    say("key", localStorage.getItem("flagforge.anonymous"));
  }
  flags.onChange(show);
  flags.onStatus(show);
  show();
</script>
"""
FRAMEWORKS = """<p id="react"></p><p id="vue"></p><p id="svelte"></p><script src="frameworks.js"></script>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the parent's name)
        """A test that passes says nothing."""


@pytest.fixture
def elsewhere(tmp_path: Path, javascript_sdk: Path) -> Iterator[str]:
    """Another origin, which serves the SDK and what lies in the test's folder."""
    pages = tmp_path / "pages"
    pages.mkdir()
    for built in ("dist/flagforge.min.js", "build/pages/frameworks.js"):
        (pages / Path(built).name).symlink_to(javascript_sdk / built)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=pages))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def open_page(
    browser: Browser, elsewhere: str, servers: list[Server], demo: dict[str, Any], tmp_path: Path
) -> OpenPage:
    """Opens a page with this body, in one window with one storage; its errors fail the test."""
    window = browser.new_context()

    def visit(body: str, **options: Any) -> Page:
        key = demo["environments"]["production"]["client_key"]
        given = {"baseUrl": servers[0].url, "sdkKey": key, **options}
        text = f"<!doctype html><title>A shop</title><body data-options='{json.dumps(given)}'>{body}"
        (tmp_path / "pages/index.html").write_text(text)
        page = window.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(elsewhere)
        return page

    return visit


PRIYA = {"targetingKey": "user-42", "country": "IN"}


def test_a_page_follows_a_toggle(open_page: OpenPage, toggle: Toggle) -> None:
    page = open_page(SHOP, context=PRIYA)
    expect(page.locator("#checkout")).to_have_text("true", timeout=PATIENCE)

    toggle("new-checkout", False)

    expect(page.locator("#checkout")).to_have_text("false", timeout=PATIENCE)
    assert page.locator("#status").inner_text() == "live"
    assert page.locator("#key").inner_text() == ""


def test_an_event_source_that_is_brought_along_does_the_same(open_page: OpenPage, toggle: Toggle) -> None:
    body = SHOP.replace(
        "JSON.parse(document.body.dataset.options)", "{...JSON.parse(document.body.dataset.options), EventSource}"
    )
    asked: list[str] = []
    page = open_page(body, context=PRIYA)
    page.on("request", lambda request: asked.append(request.resource_type))
    page.reload()
    expect(page.locator("#checkout")).to_have_text("true", timeout=PATIENCE)

    toggle("new-checkout", False)

    expect(page.locator("#checkout")).to_have_text("false", timeout=PATIENCE)
    assert "eventsource" in asked


def test_the_next_page_begins_with_what_the_last_one_knew(open_page: OpenPage, servers: list[Server]) -> None:
    page = open_page(SHOP, context={"country": "DE"})
    expect(page.locator("#status")).to_have_text("live", timeout=PATIENCE)
    key = page.locator("#key").inner_text()
    kept = page.evaluate("flags.details('banner-text', '').value")
    servers[0].process.kill()
    servers[0].process.wait(10)

    page.reload()

    assert page.evaluate("flags.details('banner-text', '').value") == kept == "Welcome to our shop"
    expect(page.locator("#status")).to_have_text("stale", timeout=PATIENCE)
    assert page.locator("#key").inner_text() == key != ""


def test_what_was_counted_is_sent_when_the_page_is_left(open_page: OpenPage, at_once: AtOnce) -> None:
    page = open_page(SHOP, context=PRIYA, application="shop")
    expect(page.locator("#checkout")).to_have_text("true", timeout=PATIENCE)
    page.evaluate("for (let i = 0; i < 500; i++) flags.isEnabled('new-checkout'); flags.track('purchase', 12.5)")

    page.goto("about:blank")

    documents = until_told(at_once, "purchase")
    counts = [each for document in documents for each in document["counts"] if each["flag"] == "new-checkout"]
    assert {(count["variant"], count["reason"]) for count in counts} == {("on", "SPLIT")}
    assert sum(count["n"] for count in counts) > 500
    assert [each["subject"] for document in documents for each in document.get("exposures", [])] == ["user-42"]


def until_told(at_once: AtOnce, event: str) -> list[dict[str, Any]]:
    """The batches, once one has this event: the browser sends behind the page's back."""
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        (found,) = at_once(lambda: [batch.document for batch in TelemetryBatch.objects.all()])
        assert isinstance(found, list), found
        if any(each["event"] == event for document in found for each in document.get("events", [])):
            return found
        time.sleep(0.1)
    raise AssertionError(f"nobody told of {event}")


def test_react_vue_and_svelte_draw_the_flag_anew(open_page: OpenPage, toggle: Toggle) -> None:
    page = open_page(FRAMEWORKS, context=PRIYA)
    for name in ("react", "vue", "svelte"):
        expect(page.locator(f"#{name} b")).to_have_text("true", timeout=PATIENCE)

    toggle("new-checkout", False)

    for name in ("react", "vue", "svelte"):
        expect(page.locator(f"#{name} b")).to_have_text("false", timeout=PATIENCE)
