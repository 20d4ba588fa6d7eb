"""Every snippet of the page about the Python SDK runs, in an environment that has the wheel and nothing of this repository."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import httpx
import pytest

from evaluation.sdk.client import Mode
from script.places import free_port
from tests.evaluation.relay.said import put
from tests.evaluation.sdk.edge import CLIENT_KEY, JWKS, SECRET, Edge, a_flag
from tests.sdks.python.conftest import ROOT, Installed

PAGE = (ROOT / "docs/python-sdk.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PROXY = next(snippet for snippet in SNIPPETS if "# proxy.py" in snippet)
# The first test waits until the environment is made.
pytestmark = pytest.mark.timeout(600)
STARLETTE = re.search(r"^starlette==.+$", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE)[0]  # type: ignore[index]  # it stands there


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge(**{"new-checkout": a_flag(), "theme": a_flag({"color": "red"}, value_type="json")})
    edge.start()
    yield edge
    edge.stop()


def written(snippet: str, edge: Edge, folder: Path) -> Path:
    """The snippet as a program with real keys and a real address, beside the files that it names."""
    text = snippet.replace("http://127.0.0.1:8100", edge.url).replace("ff_server_…", SECRET)
    (folder / "signed.json").write_text(json.dumps(put(edge.document)))
    (folder / "jwks.json").write_text(json.dumps(JWKS))
    program = folder / "proxy.py"
    program.write_text(text.replace("ff_client_…", CLIENT_KEY))
    return program


@pytest.mark.parametrize("number", [number for number, snippet in enumerate(SNIPPETS) if snippet != PROXY])
def test_a_snippet_runs(number: int, installed: Installed, edge: Edge, tmp_path: Path) -> None:
    program = written(SNIPPETS[number], edge, tmp_path)

    done = subprocess.run(
        [installed.folder / "bin/python", "-W", "error", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_proxy_of_ones_own_answers_for_others(installed: Installed, edge: Edge, tmp_path: Path) -> None:
    assert installed.run("pip", "install", "--quiet", STARLETTE).returncode == 0
    written(PROXY, edge, tmp_path)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([installed.folder / "bin/uvicorn", "proxy:app", "--port", str(port)], cwd=tmp_path)
    try:
        wait_for(f"{url}/readyz")

        assert httpx.get(f"{url}/flags?targetingKey=alice").json() == {"new-checkout": True, "theme": {"color": "red"}}
        assert httpx.post(f"{url}/flags/new-checkout", json={"targetingKey": "alice"}).json() == {"value": True}
        assert httpx.post(f"{url}/flags/unknown", json={}).status_code == 404
        assert "flagforge_sdk_evaluations_total" in httpx.get(f"{url}/metrics").text
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
        assert time.monotonic() < deadline, "it did not get ready"


def test_every_mode_is_explained() -> None:
    modes = re.findall(r"^\| `(\w+)` \| (?:server|client|none) \|", PAGE, re.MULTILINE)

    assert sorted(modes) == sorted(get_args(Mode))
