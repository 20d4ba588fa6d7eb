"""What docs/javascript-sdk.md and docs/other-languages.md say, line by line at a real server."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from evaluation.manifest import sign
from script.places import free_port
from tests.journeys.conftest import CHROMIUM, Serve, Server, Toggle
from tests.npm.install import HERE as NPM
from tests.npm.install import NotInstalled, install

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GUIDE = (ROOT / "docs/javascript-sdk.md").read_text()
OTHERS = (ROOT / "docs/other-languages.md").read_text()
PATIENCE = 20_000
PAGE = """<!doctype html><title>A shop</title>
<p id="react"></p><p id="vue"></p><p id="svelte"></p><script src="guide.js"></script>"""
MOUNTING = """
import { Client } from "@flagforge/sdk";
import { createRoot } from "react-dom/client";
import { createElement } from "react";
import { createApp } from "vue";
import { mount } from "svelte";
import { flagforge } from "@flagforge/sdk/vue";
import { App } from "./App.jsx";
import VueApp from "./App.vue";
import Outer from "./Outer.svelte";

const context = { targetingKey: "user-42", country: "IN" };
const client = new Client({ baseUrl: "http://127.0.0.1:8000", sdkKey: "ff_client_…", context });
createRoot(document.getElementById("react")).render(createElement(App, { client }));
createApp(VueApp).use(flagforge(client)).mount("#vue");
mount(Outer, { target: document.getElementById("svelte"), props: { client } });
"""
OUTER = """<script>
  import { provideFlags } from "@flagforge/sdk/svelte";
  import App from "./App.svelte";
  let { client } = $props();
  provideFlags(client);
</script>
<App />
"""
INJECTING = """
import "@angular/compiler";
import { Injector, createEnvironmentInjector, runInInjectionContext } from "@angular/core";
import { Client } from "@flagforge/sdk";
import { provideFlags } from "@flagforge/sdk/angular";
import { Checkout } from "./Checkout.ts";

const context = { targetingKey: "user-42", country: "IN" };
const client = new Client({ baseUrl: "http://127.0.0.1:8000", sdkKey: "ff_client_…", context });
const injector = createEnvironmentInjector([provideFlags(client)], Injector.create({ providers: [] }));
const checkout = runInInjectionContext(injector, () => new Checkout());
await client.ready();
console.log(checkout.isNew());
await client.close();
"""

pytestmark = pytest.mark.timeout(600)  # the first of all tests with the SDK builds it


def snippets(language: str, guide: str = GUIDE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)


PROXY = next(module for module in snippets("js") if module.startswith("// proxy.mjs"))


def promised(code: str) -> list[str]:
    """What the comments behind `console.log` say that it prints."""
    return re.findall(r"console\.log\(.*\); // (.*)$", code, re.MULTILINE)


@pytest.fixture(autouse=True)
def signing_keys() -> None:
    """Signs with what this test's database holds."""
    sign.forget_everything()


@pytest.fixture
def servers(demo: dict[str, Any], serve: Serve) -> list[Server]:
    """Of this test alone: an SDK refuses keys that come out of nowhere, as with another test's database."""
    return [serve() for _ in range(2 if connection.vendor == "postgresql" else 1)]


@pytest.fixture
def keys(demo: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = demo["environments"]["production"]
    return found


def adapted(text: str, server: Server, keys: dict[str, str]) -> str:
    said = {"http://127.0.0.1:8000": server.url, "ff_client_…": keys["client_key"], "ff_server_…": keys["server_key"]}
    for word, here in said.items():
        text = text.replace(word, here)
    return text


@pytest.fixture
def application(javascript_sdk: Path, tmp_path: Path) -> Path:
    """A project with the SDK, and the frameworks beside it."""
    folder = tmp_path / "application"
    modules = folder / "node_modules"
    modules.mkdir(parents=True)
    for module in (javascript_sdk / "node_modules").iterdir():
        (modules / module.name).symlink_to(module.resolve())
    (modules / "@flagforge").mkdir()
    # A copy: its own imports must find the same frameworks as the application's.
    copied = modules / "@flagforge/sdk"
    shutil.copytree(javascript_sdk / "dist", copied / "dist")
    shutil.copy(javascript_sdk / "package.json", copied)
    return folder


def run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def proxy(application: Path, servers: list[Server], keys: dict[str, str]) -> Iterator[str]:
    """The address of the proxy with Express, at work."""
    try:
        express = install(NPM / "express")
    except NotInstalled as error:
        pytest.skip(f"npm could not fetch Express: {error}")
    for module in express.iterdir():
        if not (application / "node_modules" / module.name).exists():
            (application / "node_modules" / module.name).symlink_to(module)
    (application / "proxy.mjs").write_text(adapted(PROXY, servers[0], keys))
    port = free_port()
    process = subprocess.Popen(["node", "proxy.mjs"], cwd=application, env={**os.environ, "PORT": str(port)})
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    assert process.wait(10) == 0


def test_the_proxy_with_express_answers_for_others_and_tells_of_changes(proxy: str, toggle: Toggle) -> None:
    until_ready(proxy)
    india = {"targetingKey": "user-42", "country": "IN"}
    with httpx.Client(base_url=proxy, timeout=20) as browser:
        assert browser.get("/flags", params=india).json()["new-checkout"] is True
        assert browser.post("/flags/new-checkout", json=india).json() == {"value": True}
        unknown = browser.post("/flags/unknown", json=india)
        assert (unknown.status_code, unknown.json()) == (404, {"error": "FLAG_NOT_FOUND"})
        with browser.stream("GET", "/changes") as changes:
            lines = (line for line in changes.iter_lines() if line)
            assert next(lines) == ": hello"
            toggle("new-checkout", False)

            assert [next(lines), next(lines)] == ["event: change", 'data: ["new-checkout"]']
        assert browser.post("/flags/new-checkout", json=india).json() == {"value": False}


def test_the_proxy_with_express_is_forty_lines() -> None:
    assert len([line for line in PROXY.splitlines() if line.strip()]) <= 40


@pytest.fixture
def signed_files(application: Path, servers: list[Server], keys: dict[str, str]) -> None:
    """The two files that the guide on manifests fetches."""
    poll = httpx.get(f"{servers[0].url}/api/v1/sdk/poll", headers={"X-API-Key": keys["server_key"]}, timeout=30)
    (application / "signed.json").write_bytes(poll.content)
    jwks = httpx.get(f"{servers[0].url}/.well-known/flagforge/jwks.json", timeout=30)
    (application / "jwks.json").write_bytes(jwks.content)


WORKER = """
const asking = new Request("http://here/", { headers: { "X-User": "user-42" } });
console.log(await (await worker.fetch(asking)).text()); // One page
process.exit();
"""


@pytest.mark.usefixtures("signed_files")
def test_every_module_prints_what_its_comments_say(
    application: Path, servers: list[Server], keys: dict[str, str]
) -> None:
    modules = [module for module in snippets("js") if module != PROXY]
    seen = 0
    for module in modules:
        code = module.replace("export default", "const worker =") + WORKER if "export default" in module else module
        (application / "module.mjs").write_text(adapted(code, servers[0], keys))
        assert run(["node", "module.mjs"], application).splitlines() == promised(code), code
        seen += len(promised(code))
    assert (len(modules), seen) == (8, 12)


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")
def test_the_pages_show_what_the_flag_says(
    application: Path, javascript_sdk: Path, browser: Browser, servers: list[Server], keys: dict[str, str]
) -> None:
    (body,), (jsx,), (sfc,), (store,), (signal,) = map(snippets, ("html", "jsx", "vue", "svelte", "ts"))
    files = {"App.jsx": jsx, "App.vue": sfc, "App.svelte": store, "Checkout.ts": signal, "Outer.svelte": OUTER}
    files |= {"guide.js": MOUNTING, "angular.js": INJECTING, "pages/index.html": PAGE}
    files |= {"pages/plain.html": f"<!doctype html><title>A shop</title>{body}"}
    (application / "pages").mkdir()
    for name, text in files.items():
        (application / name).write_text(adapted(text, servers[0], keys))
    shutil.copy(javascript_sdk / "dist/flagforge.min.js", application / "pages")
    shutil.copy(HERE / "guide_build.mjs", application)

    run(["node", "guide_build.mjs"], application)
    page = browser.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))

    page.goto(f"file://{application}/pages/plain.html")
    expect(page.locator("#checkout")).to_have_text("One page", timeout=PATIENCE)
    page.goto(f"file://{application}/pages/index.html")
    for name in ("react", "vue", "svelte"):
        expect(page.locator(f"#{name}")).to_have_text("One page", timeout=PATIENCE)
    assert run(["node", "angular.mjs"], application) == "true\n"


def test_the_package_is_built_and_installed_as_it_says(javascript_sdk: Path, tmp_path: Path) -> None:
    (lines,) = snippets("sh")
    assert lines.splitlines() == ["cd sdks/javascript", "npm ci --ignore-scripts", "npm run build", "npm pack"]
    (installing,) = re.findall(r"`(npm install \./[^`]+)`", GUIDE)
    run(["npm", "pack", "--pack-destination", str(tmp_path)], javascript_sdk)
    (tmp_path / "package.json").write_text("{}")

    run([*shlex.split(installing), "--offline", "--no-audit", "--no-fund"], tmp_path)

    assert run(["node", "-e", 'console.log(typeof require("@flagforge/sdk").Client)'], tmp_path) == "function\n"


def test_every_option_is_explained_and_no_other() -> None:
    sources = ROOT / "sdks/javascript/src"
    files = {"both": "client/options.ts", "`Client`": "remote/client.ts", "`LocalClient`": "local/client.ts"}
    for whose, name in files.items():
        (members,) = re.findall(
            r"^export interface \w*Options.*?\{\n(.*?)^\}", (sources / name).read_text(), re.DOTALL | re.MULTILINE
        )
        inherited = set() if whose == "both" else {"sdkKey"}
        table = GUIDE.split(f"| of {whose} | |\n")[1].split("\n\n")[0]
        explained = {word for row in table.splitlines() for word in re.findall(r"`(\w+)`", row.split("|")[1])}

        assert explained == set(re.findall(r"^  readonly (\w+)\??:", members, re.MULTILINE)) - inherited, whose


def test_every_error_code_is_explained() -> None:
    declared = (
        (ROOT / "sdks/javascript/src/client/details.ts").read_text().split("export type ErrorCode =")[1].split(";")[0]
    )

    assert set(re.findall(r"^\| `([A-Z_]{5,})` \|", GUIDE, re.MULTILINE)) == set(re.findall(r'"([A-Z_]+)"', declared))


@pytest.fixture
def relay(demo: dict[str, Any], servers: list[Server], tmp_path: Path) -> Iterator[str]:
    """Started by the line in the page about other languages, at a free port."""
    port = free_port()
    line = snippets("sh", OTHERS)[0].strip()
    said = {
        "ff_relay_…": demo["relay_key"],
        ".venv/bin/python": sys.executable,
        "http://127.0.0.1:8000": servers[0].url,
    }
    for word, here in {**said, "8100": str(port), "var/relay": str(tmp_path / "relay")}.items():
        assert word in line
        line = line.replace(word, here)
    variable, *command = shlex.split(line)
    environment = {**os.environ, variable.partition("=")[0]: variable.partition("=")[2]}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page asks with curl")
def test_a_relay_on_loopback_answers_openfeature_also_alone(
    relay: str, servers: list[Server], keys: dict[str, str]
) -> None:
    line = snippets("sh", OTHERS)[1].replace("http://127.0.0.1:8100", relay).replace("$KEY", keys["server_key"])
    until_ready(relay)

    with_upstream = run(["bash", "-c", line], ROOT)
    servers[0].process.kill()
    servers[0].process.wait(10)

    assert json.loads(with_upstream)["value"] is True
    assert json.loads(run(["bash", "-c", line], ROOT)) == json.loads(with_upstream)


def until_ready(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the relay did not get ready")
