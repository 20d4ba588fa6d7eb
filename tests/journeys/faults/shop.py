"""An environment of one drill's own, changed as its owner would change it, and what is true about it in the end."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.journeys.faults.installation import Installation

ORGANIZATION = "/api/v1/organizations/acme"
PROJECT = f"{ORGANIZATION}/projects/shop"


class Shop:
    """One boolean flag, off at first. What it does returns when the management API has confirmed it."""

    def __init__(self, installation: Installation, name: str) -> None:
        self.name, self.flag, self.url = name, f"checkout-{name}", installation.places.url
        authorization = {"Authorization": f"Bearer {installation.founded['token']}"}
        self._http = httpx.Client(headers=authorization, timeout=30)
        self.id: str = self._ask("PUT", f"{PROJECT}/environments/{name}", {"name": name})["id"]
        self.client_key, self.server_key = self._api_key("client"), self._api_key("server")
        self._ask("PUT", f"{PROJECT}/flags/{self.flag}", {"type": "boolean"})
        self.switch(False)

    def switch(self, enabled: bool, *, at: str = "") -> None:
        """At this control plane or at another one. Raises httpx.HTTPError where it was not confirmed."""
        state = {"enabled": enabled, "fallthrough": {"variant": "on"}, "off": "off"}
        self._ask("PUT", self._state, state, at=at)

    def split(self, **weights: int) -> None:
        """Switch it on, for so many in a hundred each."""
        state = {"enabled": True, "fallthrough": {"split": {"weights": weights}}, "off": "off"}
        self._ask("PUT", self._state, state)

    def serve(self, variant: str) -> None:
        """Switch it on, for everybody the same."""
        self._ask("PUT", self._state, {"enabled": True, "fallthrough": {"variant": variant}, "off": "off"})

    def roll_out(self, **body: Any) -> str:
        """Where the rollout lies that is planned and started."""
        rollout = f"{self._state}/rollouts/{self._ask('POST', f'{self._state}/rollouts/', body)['id']}"
        self._ask("POST", f"{rollout}/start", {})
        return rollout

    def ask(self, path: str) -> dict[str, Any]:
        """What the management API tells there."""
        return self._ask("GET", path)

    def try_to_switch(self, enabled: bool) -> bool:
        """Whether it was confirmed; if not, nobody knows."""
        try:
            self.switch(enabled)
        except httpx.HTTPError:
            return False
        return True

    def is_on(self) -> bool:
        """What the database says."""
        return bool(self._ask("GET", self._state)["enabled"])

    def version(self) -> int:
        """Of the manifest that the control plane serves."""
        answer = httpx.get(f"{self.url}/api/v1/sdk/flags", headers={"X-API-Key": self.server_key}, timeout=10)
        version: int = answer.json()["version"]
        return version

    def kill(self) -> dict[str, Any]:
        """What the management API answers to it."""
        return self._ask("POST", f"{self._state}/kill")

    def convergence(self) -> dict[str, Any]:
        """How far the changes here have come."""
        return self._ask("GET", f"{PROJECT}/environments/{self.name}/convergence/")

    def telemetry(self, **asked: str) -> dict[str, Any]:
        """What the reading API tells of it, which is what the dashboard shows."""
        return self._ask("GET", f"{PROJECT}/environments/{self.name}/telemetry?{urlencode(asked)}")

    def follow(self, killed: dict[str, Any]) -> dict[str, Any]:
        """The same of the flag that was killed, where the kill said that it would stand."""
        return self._ask("GET", killed["convergence"])

    def close(self) -> None:
        self._http.close()

    @property
    def _state(self) -> str:
        return f"{PROJECT}/flags/{self.flag}/environments/{self.name}"

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, at: str = "") -> dict[str, Any]:
        answer = self._http.request(method, (at or self.url) + path, json=body)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def _api_key(self, kind: str) -> str:
        body = {"kind": kind, "name": self.name, "project": "shop", "environment": self.name}
        secret: str = self._ask("POST", f"{ORGANIZATION}/keys/", body)["secret"]
        return secret


def kept(store: Path, shop: Shop) -> int:
    """The version that lies there; 0 for none. It is written a moment after it is served."""
    try:
        version: int = json.loads((store / f"{shop.id}.manifest.json").read_bytes())["manifest"]["version"]
    except FileNotFoundError:
        return 0
    return version
