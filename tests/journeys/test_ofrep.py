"""OpenFeature's own providers for Python and Node, and what docs/ofrep.md says, at a real server."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

from flags import services
from flags.models import Flag
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Environment
from tests.journeys.conftest import Server

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/ofrep.md").read_text()
PRIYA = EvaluationContext("user-42", {"country": "IN"})
LOYAL = EvaluationContext("user-43", {"signed_up_at": "2020-01-01T00:00:00Z", "screen": {"width": 1920}})
EMPLOYEE = EvaluationContext("user-1")
DARK = {"background": "#10151c", "accent": "#5cc8ff", "dark": True}
LIGHT = {"background": "#ffffff", "accent": "#0b6e99", "dark": False}


@pytest.fixture
def quiet(demo: dict[str, Any]) -> None:
    """A flag that is off in production, and whose application has its own default."""
    flag = services.create_flag(
        Flag.objects.get(key="theme").project, {"key": "quiet", "type": "boolean"}, actor=Actor.system("test")
    ).thing
    state = {"enabled": False, "off": None, "fallthrough": {"variant": "on"}}
    services.put_config(flag, Environment.objects.get(key="production"), state, actor=Actor.system("test"))
    outbox.drain()


@pytest.fixture
def server(quiet: None, servers: list[Server]) -> Server:
    return servers[0]


@pytest.fixture
def server_key(demo: dict[str, Any]) -> str:
    key: str = demo["environments"]["production"]["server_key"]
    return key


@pytest.fixture
def connect() -> Iterator[Callable[..., OpenFeatureClient]]:
    """An OpenFeature client in Python: `connect(url, Authorization=…)`."""

    def client(url: str, **headers: str) -> OpenFeatureClient:
        api.set_provider(OFREPProvider(url, headers_factory=lambda: headers))
        return api.get_client()

    yield client
    api.shutdown()
    api.clear_providers()


@pytest.fixture
def client(connect: Callable[..., OpenFeatureClient], server: Server, server_key: str) -> OpenFeatureClient:
    return connect(server.url, **{"X-API-Key": server_key})


def seen(details: Any) -> tuple[Any, ...]:
    """Value, reason and variant, or value and error code."""
    if details.error_code is not None:
        return details.value, details.error_code.value
    return details.value, details.reason.value, details.variant


def test_python_gets_each_type_as_its_own(client: OpenFeatureClient) -> None:
    assert seen(client.get_boolean_details("new-checkout", False, PRIYA)) == (True, "SPLIT", "on")
    assert seen(client.get_string_details("banner-text", "", LOYAL)) == ("Welcome to our shop", "DEFAULT", "welcome")
    assert seen(client.get_integer_details("items-per-page", 0, LOYAL)) == (48, "TARGETING_MATCH", "many")
    assert seen(client.get_float_details("price-discount", 1.0, LOYAL)) == (7.5, "TARGETING_MATCH", "loyal")
    assert seen(client.get_float_details("price-discount", 1.0, EMPLOYEE)) == (10.0, "TARGETING_MATCH", "ten")
    assert seen(client.get_float_details("price-discount", 1.0, PRIYA)) == (0.0, "DEFAULT", "none")
    assert seen(client.get_object_details("theme", {}, PRIYA)) == (LIGHT, "DEFAULT", "light")


def test_python_hears_of_the_rule_and_the_version(client: OpenFeatureClient) -> None:
    metadata = client.get_boolean_details("new-checkout", False, PRIYA).flag_metadata

    assert metadata == {"team": "checkout", "rule": "beta-in-india", "flagVersion": metadata["flagVersion"]}


def test_python_gets_the_default_where_there_is_no_value(client: OpenFeatureClient) -> None:
    assert seen(client.get_boolean_details("quiet", True, PRIYA)) == (True, "DISABLED", "")
    assert seen(client.get_boolean_details("maintenance-mode", True, PRIYA)) == (False, "STATIC", "off")
    assert seen(client.get_boolean_details("nothing", True, PRIYA)) == (True, "FLAG_NOT_FOUND")
    assert seen(client.get_string_details("search-engine", "none")) == ("none", "TARGETING_KEY_MISSING")
    assert seen(client.get_boolean_details("items-per-page", True, PRIYA))[0] is True


def test_python_connects_with_each_form_of_a_key_and_no_other(
    connect: Callable[..., OpenFeatureClient], server: Server, server_key: str
) -> None:
    for form in ("X-API-Key: {}", "Authorization: Bearer {}", "Authorization: {}"):
        name, value = form.format(server_key).split(": ")
        client = connect(server.url, **{name: value})
        assert client.get_boolean_value("new-checkout", False, PRIYA) is True

    details = connect(server.url, Authorization="nonsense").get_boolean_details("new-checkout", False, PRIYA)

    assert (details.error_code, details.error_message) == ("GENERAL", "unauthorized")


NODE = """
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const [baseUrl, key, asked] = process.argv.slice(2);
const seen = {};
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl, headers: [["Authorization", key]] }));
for (const [flag, kind, fallback, context] of JSON.parse(asked)) {
  const details = await OpenFeature.getClient()[`get${kind}Details`](flag, fallback, context);
  seen[flag] = [details.value, details.errorCode ?? details.reason, details.variant ?? null];
}
console.log(JSON.stringify(seen));
"""


@pytest.fixture
def run_node(node_modules: Path, tmp_path: Path) -> Callable[..., str]:
    """Runs a module among the providers; gives back what it printed."""
    (tmp_path / "node_modules").symlink_to(node_modules)

    def run(module: str, *arguments: str) -> str:
        path = tmp_path / "module.mjs"
        path.write_text(module)
        command = ["node", str(path), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    return run


def test_node_gets_each_type_and_each_error_although_its_url_ends_with_a_slash(
    run_node: Callable[..., str], server: Server, server_key: str
) -> None:
    priya = {"targetingKey": "user-42", "country": "IN"}
    asked: list[list[Any]] = [
        ["new-checkout", "Boolean", False, priya],
        ["banner-text", "String", "", {"targetingKey": "user-43"}],
        ["price-discount", "Number", 1, {"targetingKey": "user-1"}],
        ["theme", "Object", {}, {"targetingKey": "user-43", "prefers": "dark"}],
        ["maintenance-mode", "Boolean", True, priya],
        ["nothing", "Boolean", True, priya],
        ["search-engine", "String", "none", {}],
        ["quiet", "Boolean", True, priya],
    ]

    seen = json.loads(run_node(NODE, f"{server.url}/", server_key, json.dumps(asked)))

    assert seen == {
        "new-checkout": [True, "SPLIT", "on"],
        "banner-text": ["Welcome to our shop", "DEFAULT", "welcome"],
        "price-discount": [10, "TARGETING_MATCH", "ten"],
        "theme": [DARK, "TARGETING_MATCH", "dark"],
        "maintenance-mode": [False, "STATIC", "off"],
        "nothing": [True, "FLAG_NOT_FOUND", None],
        "search-engine": ["none", "TARGETING_KEY_MISSING", None],
        "quiet": [True, "GENERAL", None],  # as docs/ofrep.md says of this version
    }


def snippet(language: str) -> str:
    found: str = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)[0]
    return found


def adapted(text: str, server: Server, key: str) -> str:
    return text.replace("http://127.0.0.1:8000", server.url).replace("ff_server_…", key).replace("$KEY", key)


def test_the_guide_is_true_in_python(server: Server, server_key: str) -> None:
    code = adapted(snippet("python"), server, server_key)

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout

    assert said == "True\n"


def test_the_guide_is_true_in_node(run_node: Callable[..., str], server: Server, server_key: str) -> None:
    assert run_node(adapted(snippet("js"), server, server_key)) == "true\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide asks with curl")
def test_the_guide_is_true_in_curl(server: Server, server_key: str) -> None:
    (line,) = (line.strip() for line in GUIDE.splitlines() if line.startswith("    curl "))

    said = subprocess.run(
        ["bash", "-c", adapted(line, server, server_key)], capture_output=True, check=True, timeout=60
    ).stdout

    assert json.loads(said)["value"] is True


def test_what_is_refused_before_any_view_is_said_in_ofreps_words(server: Server, server_key: str) -> None:
    with httpx.Client(headers={"X-API-Key": server_key}) as http:
        all_too_large = http.post(f"{server.url}/ofrep/v1/evaluate/flags", content=b" " * 1_000_001)
        one_too_large = http.post(f"{server.url}//ofrep/v1/evaluate/flags/theme", content=b" " * 1_000_001)
        nowhere = http.post(f"{server.url}/ofrep/", content=b"{}")

    for answer, status, key in ((all_too_large, 413, None), (one_too_large, 413, "theme"), (nowhere, 404, None)):
        document = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (document["metadata"], document.get("key"), bool(document["errorDetails"])) == ({}, key, True)


def test_the_stream_is_opened_by_its_address_and_its_token_is_in_no_log(server: Server, server_key: str) -> None:
    answer = httpx.post(f"{server.url}/ofrep/v1/evaluate/flags", headers={"X-API-Key": server_key}, content=b"")
    address = answer.json()["eventStreams"][0]["endpoint"]["requestUri"]

    with httpx.stream("GET", f"{server.url}{address}", timeout=5) as stream:
        lines = stream.iter_lines()
        first = next(line for line in lines if line.startswith("data: "))

    assert json.loads(first.removeprefix("data: "))["type"] == "refetchEvaluation"
    assert address.partition("token=")[2][:20] not in server.said()
    assert "called warm" not in server.said()
