"""Pages of another origin in a real Chromium: OpenFeature's web provider, and the SDK API by hand."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from evaluation.manifest import sign
from script.places import free_port
from tests.journeys.conftest import CHROMIUM, SOON, Server, Toggle

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/ofrep.md").read_text()
MODULES = {
    "@openfeature/core": "core/dist/esm/index.js",
    "@openfeature/web-sdk": "web-sdk/dist/esm/index.js",
    "@openfeature/ofrep-web-provider": "ofrep-web-provider/index.esm.js",
    "@openfeature/ofrep-core": "ofrep-web-provider/node_modules/@openfeature/ofrep-core/index.esm.js",
}
IMPORTS = {name: f"/node_modules/@openfeature/{path}" for name, path in MODULES.items()}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")
OpenPage = Callable[[str], Page]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the parent's name)
        """A test that passes says nothing."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """Another origin, which serves what lies in the test's folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "pages"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def open_page(browser: Browser, elsewhere: str, tmp_path: Path) -> OpenPage:
    """Opens a page with this body at the other origin."""

    def visit(body: str) -> Page:
        (tmp_path / "pages").mkdir(exist_ok=True)
        (tmp_path / "pages/index.html").write_text(f"<!doctype html><title>A shop elsewhere</title>{body}")
        page = browser.new_page()
        page.goto(elsewhere)
        return page

    return visit


@pytest.fixture
def client_key(demo: dict[str, Any]) -> str:
    key: str = demo["environments"]["production"]["client_key"]
    return key


@pytest.fixture
def guide(open_page: OpenPage, servers: list[Server], client_key: str, node_modules: Path, tmp_path: Path) -> Page:
    """The page that docs/ofrep.md shows."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/node_modules").symlink_to(node_modules)
    (body,) = re.findall(r"^```html\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    for said, here in {"http://127.0.0.1:8000": servers[-1].url, "ff_client_…": client_key}.items():
        assert said in body
        body = body.replace(said, here)
    return open_page(f'<script type="importmap">{json.dumps({"imports": IMPORTS})}</script>{body}')


def test_the_web_provider_follows_a_toggle_soon(guide: Page, toggle: Toggle) -> None:
    expect(guide.locator("#checkout")).to_have_text("One page")

    for enabled, words in ((False, "Four pages"), (True, "One page"), (False, "Four pages")):
        committed = toggle("new-checkout", enabled)
        guide.wait_for_function("words => document.querySelector('#checkout').textContent === words", arg=words)
        assert time.monotonic() - committed < SOON


def test_the_web_provider_holds_one_stream_and_asks_with_its_tag(guide: Page, toggle: Toggle) -> None:
    expect(guide.locator("#checkout")).to_have_text("One page")
    asked: list[Any] = []
    guide.on("response", lambda response: asked.append(response))
    guide.on("framenavigated", lambda _: asked.clear())  # what the page of before asked may be answered only now

    guide.reload()
    expect(guide.locator("#checkout")).to_have_text("One page")
    # A new stream tells what is newest too; on a busy machine the page may ask because of that only now.
    with guide.expect_response(lambda response: "flagConfigEtag=" in response.url and response.status != 304) as told:
        toggle("payments-v2", False)
    expect(guide.locator("#checkout")).to_have_text("Four pages")

    questions = [response.request for response in asked if response.url.partition("?")[0].endswith("/flags")]
    assert told.value.status == 200
    assert len([response for response in asked if "/ofrep/v1/stream" in response.url]) == 1
    assert all("if-none-match" in question.headers for question in questions if question.method == "POST")


BY_HAND = """
<p id="all"></p><p id="tag"></p><p id="again"></p><p id="refused"></p><p id="live"></p>
<script type="module">
  const say = (id, words) => (document.getElementById(id).textContent = words);
  const flags = "SERVER/api/v1/sdk/flags";
  const body = JSON.stringify({ context: { targetingKey: "user-42", country: "IN" } });
  const ask = (headers) => fetch(flags, { method: "POST", body, headers: { "Content-Type": "application/json", ...headers } });

  const answer = await ask({ "X-API-Key": "KEY" });
  say("all", (await answer.json()).flags["new-checkout"].value);
  say("tag", answer.headers.get("ETag"));
  // no-store: else the browser's own cache would turn the 304 into a 200.
  const again = await fetch(`${flags}?targetingKey=user-42`, { headers: { Authorization: "Bearer KEY" }, cache: "no-store" });
  const held = { Authorization: "Bearer KEY", "If-None-Match": again.headers.get("ETag") };
  say("again", (await fetch(`${flags}?targetingKey=user-42`, { headers: held, cache: "no-store" })).status);
  const refused = await ask({ "X-API-Key": "nonsense" });
  say("refused", `${refused.status} ${(await refused.json()).title}`);

  const token = answer.headers.get("FlagForge-Stream-Token");
  const stream = new EventSource(`SERVER/api/v1/sdk/stream?token=${token}&targetingKey=user-42&country=IN`);
  const show = (event) => say("live", JSON.parse(event.data).flags["new-checkout"].value);
  stream.addEventListener("put", show);
  stream.addEventListener("delta", show);
</script>
"""


def test_a_page_of_another_origin_asks_the_sdk_api_and_hears_of_changes(
    open_page: OpenPage, servers: list[Server], client_key: str, toggle: Toggle
) -> None:
    page = open_page(BY_HAND.replace("SERVER", servers[-1].url).replace("KEY", client_key))
    expect(page.locator("#live")).to_have_text("true")

    committed = toggle("new-checkout", False)
    page.wait_for_function("document.querySelector('#live').textContent === 'false'")
    taken = time.monotonic() - committed

    assert taken < SOON
    assert page.locator("#all").inner_text() == "true"
    assert re.fullmatch(r'"[0-9a-f]{32}"', page.locator("#tag").inner_text())
    assert page.locator("#again").inner_text() == "304"
    assert page.locator("#refused").inner_text() == "401 This API key does not work"


@pytest.fixture(autouse=True)
def fresh_signatures() -> None:
    """What is published is signed with what this test's database holds."""
    sign.forget_everything()


@pytest.fixture
def public_relay(demo: dict[str, Any], servers: list[Server], elsewhere: str) -> Iterator[str]:
    """A relay beside the control plane that serves production without a key, to pages of the other origin alone."""
    url = f"http://127.0.0.1:{free_port()}"
    place = "/".join((demo["organization"]["slug"], demo["project"]["key"], "production"))
    options = (
        "--upstream",
        servers[-1].url,
        "--port",
        url.rpartition(":")[2],
        "--public",
        place,
        "--origin",
        elsewhere,
    )
    relay = subprocess.Popen(
        [sys.executable, "-m", "evaluation.relay", *options],
        env={**os.environ, "FLAGFORGE_RELAY_KEY": demo["relay_key"]},
    )
    try:
        until_ready(url, relay)
        yield url
    finally:
        relay.terminate()
        relay.wait(10)


def until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=2).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the relay did not get ready")


def page_of(guide: str, relay: str) -> str:
    """The page that a guide shows."""
    (body,) = re.findall(r"^```html\n(.*?)^```$", (ROOT / guide).read_text(), re.DOTALL | re.MULTILINE)
    assert "http://127.0.0.1:8100" in body
    return str(body.replace("http://127.0.0.1:8100", relay))


def test_a_page_asks_a_public_relay_without_a_key_and_hears_of_changes(
    open_page: OpenPage, public_relay: str, toggle: Toggle
) -> None:
    page = open_page(page_of("docs/relay.md", public_relay))
    expect(page.locator("#asked")).to_have_text("One page")
    expect(page.locator("#live")).to_have_text("One page")

    committed = toggle("new-checkout", False)
    page.wait_for_function("document.querySelector('#live').textContent === 'Four pages'")

    assert time.monotonic() - committed < SOON


def test_a_page_of_another_origin_reads_why_a_public_relay_refuses_it(open_page: OpenPage, public_relay: str) -> None:
    """The same page by another name is of another origin."""
    page = open_page("")
    page.goto(page.url.replace("127.0.0.1", "localhost"))

    refusal = page.evaluate(
        "url => fetch(url).then(async (answer) => [answer.status, (await answer.json()).title])",
        f"{public_relay}/api/v1/sdk/flags",
    )
    state = page.evaluate(
        "url => new Promise((done) => { const stream = new EventSource(url); stream.onerror = () => done(stream.readyState) })",
        f"{public_relay}/api/v1/sdk/stream",
    )

    assert refusal == [403, "Not for this page"]
    assert state == 2  # closed for good: it does not come back
