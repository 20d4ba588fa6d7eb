"""A newcomer pastes the README, line by line, into shells beside a fresh server, and sees what it says."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from script.places import free_port

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
SECONDS_TO_START = 120  # on a busy machine
NOT_PASTED = ("git clone ", "script/server")

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="the README is about the default, on SQLite"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the README asks with curl"),
]


def blocks(language: str) -> list[str]:
    """The README's code blocks of a language; "" for what is shown and not pasted."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [text.strip() for name, text in found if name == language]


def lines_to_paste() -> list[str]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if not line.startswith(NOT_PASTED)]


def surroundings(port: int, relay_port: int, data: Path) -> dict[str, str]:
    """This shell's, without what it may say about another FlagForge."""
    kept = {name: value for name, value in os.environ.items() if not re.match(r"FLAGFORGE_|DJANGO_|.*_URL$", name)}
    ports = {"FLAGFORGE_PORT": str(port), "FLAGFORGE_RELAY_PORT": str(relay_port)}
    return {**kept, **ports, "FLAGFORGE_DATA": str(data)}


@dataclass
class Walk:
    """What everything in the README said, in its order. Only the port, the data folder and the Python are others."""

    port: int
    data: Path
    stream: Path
    relay_port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(init=False)
    greeting: str = ""
    said: dict[str, str] = field(default_factory=dict)
    listener: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.environment = surroundings(self.port, self.relay_port, self.data)

    def adapted(self, line: str) -> str:
        here = {
            "8000": str(self.port),
            "8100": str(self.relay_port),
            "var/keys.json": f"{self.data}/keys.json",
            ".venv/bin/python": sys.executable,
        }
        for there, is_here in here.items():
            line = line.replace(there, is_here)
        return line

    def paste(self, line: str) -> None:
        if name := re.match(r"([A-Z_]+)=", line):
            self.environment[name[1]] = self.run(f'{line}; printf %s "${name[1]}"')
        elif " -N " in line:
            self.listen(line)
        else:
            self.said[line] = self.run(line)

    def run(self, line: str) -> str:
        result = subprocess.run(
            ["bash", "-c", self.adapted(line)],
            cwd=ROOT,
            env=self.environment,
            timeout=60,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def listen(self, line: str) -> None:
        with self.stream.open("w") as output:
            command = ["bash", "-c", f"exec {self.adapted(line)}"]
            self.listener = subprocess.Popen(command, env=self.environment, stdout=output, stderr=subprocess.DEVNULL)
        wait_for("event: put", self.stream, 30)

    def stop_listening(self) -> None:
        if self.listener is not None:
            self.listener.terminate()
            self.listener.wait(10)

    def saying(self, *words: str) -> str:
        """What the one line with all these words said."""
        (line,) = (line for line in self.said if all(word in line for word in words))
        return self.said[line]


def wait_for(words: str, file: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while words not in file.read_text():
        assert time.monotonic() < deadline, f'"{words}" did not come: {file.read_text()}'
        time.sleep(0.05)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("readme")
    walk = Walk(free_port(), folder / "var", stream=folder / "stream")
    with ExitStack() as stack:
        log = stack.enter_context(serving(walk, folder / "log"))
        wait_for("Ready after", log, SECONDS_TO_START)
        walk.greeting = log.read_text()
        stack.callback(walk.stop_listening)
        for line in lines_to_paste():
            walk.paste(line)
        wait_for("event: delta", walk.stream, 30)
        yield walk


@contextmanager
def serving(walk: Walk, log: Path) -> Iterator[Path]:
    """script/server's own program, with everything that it starts."""
    with log.open("w") as output:
        command = [sys.executable, "-m", "script.serve"]
        server = subprocess.Popen(
            command, cwd=ROOT, env=walk.environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield log
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def test_the_server_greets_as_shown(walk: Walk) -> None:
    shown = blocks("")[0].splitlines()

    patterns = [_pattern(line) for line in shown]

    assert [line for line, pattern in zip(shown, patterns, strict=True) if not pattern.search(walk.greeting)] == []


def _pattern(line: str) -> re.Pattern[str]:
    """The line with any number for a number, and anything for what was left out."""
    parts = re.split(r"(…|\d+(?:\.\d+)?)", line)
    told = "".join(
        r"\S+" if part == "…" else r"\d+(?:\.\d+)?" if part[:1].isdigit() else re.escape(part) for part in parts
    )
    return re.compile(f"^{told}$", re.MULTILINE)


def test_all_flags_answer_as_shown(walk: Walk) -> None:
    answer = walk.saying("curl -H", "$SDK/flags?")

    shown = blocks("")[1].splitlines()

    assert [line for line in shown if line not in answer] == []
    assert len(json.loads(answer)["flags"]) == 8


def test_the_relay_gives_the_same_answer(walk: Walk) -> None:
    assert walk.saying(":8100/api/v1/sdk/flags?") == walk.saying("curl -H", "$SDK/flags?")


def test_one_flag_answers_with_the_rule_that_matched(walk: Walk) -> None:
    answer = json.loads(walk.saying("$SDK/flags/new-checkout"))

    assert (answer["key"], answer["value"], answer["reason"]) == ("new-checkout", True, "TARGETING_MATCH")
    assert answer["metadata"]["rule"] == "new-apps"


def test_the_rules_come_whole(walk: Walk) -> None:
    manifest = json.loads(walk.saying("$SDK/ruleset"))

    assert (manifest["format"], len(manifest["flags"]), len(manifest["segments"])) == (1, 8, 2)


def test_an_answer_that_is_held_already_is_304(walk: Walk) -> None:
    answer = walk.saying("If-None-Match")

    assert answer.startswith("HTTP/1.1 304 Not Modified")
    assert answer.partition("\r\n\r\n")[2] == ""


def test_the_stream_tells_of_the_toggle_as_shown(walk: Walk) -> None:
    toggled = walk.saying("manage.py toggle")
    events = re.findall(r"^event: .*(?:\n.+)+", walk.stream.read_text(), re.MULTILINE)

    assert toggled == "new-checkout is now off in acme/shop/production.\n"
    assert [event.split("\n")[0] for event in events] == ["event: put", "event: delta"]
    assert events[1] == blocks("")[2]


def answered(door: str, api_key: str) -> httpx.Response:
    """Once it has heard of the key and of what the key opens."""
    deadline = time.monotonic() + 10
    while True:
        answer = httpx.get(door, headers={"X-API-Key": api_key})
        if answer.status_code == 200 or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


def test_a_new_tenant_is_answered_at_both_doors_and_its_secrets_are_shown_once(walk: Walk) -> None:
    (line,) = (line for line in lines_to_paste() if "manage.py bootstrap" in line)
    made = json.loads(walk.said[line])
    api_key = made["environments"]["production"]["server_key"]

    doors = [f"http://127.0.0.1:{port}/api/v1/sdk/flags" for port in (walk.port, walk.relay_port)]
    answers = [answered(door, api_key) for door in doors]
    again = json.loads(walk.run(line))

    assert [(answer.status_code, answer.json()["flags"]) for answer in answers] == [(200, {})] * 2
    assert again["environments"]["production"] == made["environments"]["production"] | {"server_key": None}
    assert (again["relay_key"], again["token"]) == (None, None)
