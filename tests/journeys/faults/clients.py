"""What applications see: one that asks without a pause, and such as listen, each by its own way, and come back when cut off."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Self

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

# Longer than the 15 s between heartbeats, shorter than anybody's patience.
SILENT_SECONDS = 20.0
PAUSE_SECONDS = 0.2


class Asker:
    """Asks for a flag again and again on one connection; `wrong` are the answers that no application could use.

    A `fresh` one opens a connection for each question.
    """

    def __init__(self, url: str, api_key: str, flag: str, *, pause: float = 0.03, fresh: bool = False) -> None:
        self.address, self.pause = f"{url}/api/v1/sdk/flags/{flag}", pause
        self.headers = {"X-API-Key": api_key, **({"Connection": "close"} if fresh else {})}
        self.took: list[float] = []
        self.values: list[object] = []
        self.wrong: list[str] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(30)

    @property
    def median(self) -> float:
        """Seconds."""
        return median(self.took)

    def _run(self) -> None:
        with httpx.Client(headers=self.headers, timeout=10) as http:
            while not self._stopped.wait(self.pause):
                begun = time.monotonic()
                try:
                    answer = http.get(self.address)
                except httpx.HTTPError as error:
                    self.wrong.append(repr(error))
                    continue
                self.took.append(time.monotonic() - begun)
                if answer.status_code == 200:
                    self.values.append(answer.json()["value"])
                else:
                    self.wrong.append(f"{answer.status_code}: {answer.text}")


@dataclass
class Listener:
    """Follows one flag by a client key, and reconnects for ever. `versions` are all that it was told, in that order."""

    url: str
    api_key: str
    flag: str
    value: object = None
    versions: list[int] = field(default_factory=list)
    connections: int = 0
    trouble: str = ""

    def __enter__(self) -> Self:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    @property
    def version(self) -> int:
        return self.versions[-1] if self.versions else 0

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.connections += 1
            try:
                self._listen()
            except (httpx.HTTPError, WebSocketException, OSError, ValueError) as error:
                self.trouble = repr(error)
            self._stopped.wait(PAUSE_SECONDS)

    def _listen(self) -> None:
        raise NotImplementedError

    def _hear(self, version: int, flags: dict[str, Any]) -> None:
        self.value = flags.get(self.flag, {}).get("value", self.value)
        self.versions.append(version)


class SseListener(Listener):
    def _listen(self) -> None:
        headers = {"X-API-Key": self.api_key, **({"Last-Event-ID": str(self.version)} if self.version else {})}
        with httpx.stream("GET", f"{self.url}/api/v1/sdk/stream", headers=headers, timeout=SILENT_SECONDS) as answer:
            answer.raise_for_status()
            for event in _events(answer.iter_lines()):
                if self._stopped.is_set():
                    return
                if event["event"] in ("put", "delta"):
                    self._hear(int(event["id"]), json.loads(event["data"])["flags"])


class SocketListener(Listener):
    def _listen(self) -> None:
        address = self.url.replace("http", "ws", 1) + "/ws/sdk"
        with connect(address, additional_headers={"X-API-Key": self.api_key}, open_timeout=SILENT_SECONDS) as socket:
            while not self._stopped.is_set():
                frame = json.loads(socket.recv(SILENT_SECONDS))
                if frame["type"] in ("put", "delta"):
                    self._hear(_version(frame), frame["flags"])


class PollListener(Listener):
    def _listen(self) -> None:
        query = {"timeout": "10", **({"since": str(self.version)} if self.version else {})}
        # A connection of its own for each: then a proxy that buffers hands the answer out as well.
        headers = {"X-API-Key": self.api_key, "Connection": "close"}
        answer = httpx.get(f"{self.url}/api/v1/sdk/poll", params=query, headers=headers, timeout=SILENT_SECONDS)
        answer.raise_for_status()
        if answer.status_code == 200:
            self._hear(_version(answer.json()), answer.json()["flags"])


class Crowd:
    """Several listeners, as one."""

    def __init__(self, *listeners: Listener) -> None:
        self.listeners = listeners
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for listener in self.listeners:
            self._stack.enter_context(listener)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def all_see(self, value: object) -> bool:
        return all(listener.value is value for listener in self.listeners)

    def has_never_gone_back(self) -> bool:
        return all(listener.versions == sorted(listener.versions) for listener in self.listeners)


def _events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name and value:
            event[name] = value
        elif not line and event:
            if "event" in event:
                yield event
            event = {}


def _version(frame: dict[str, Any]) -> int:
    version: int = frame["to"] if frame["type"] == "delta" else frame["version"]
    return version
