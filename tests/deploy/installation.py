"""Everything behind one domain: two of each part of a release, as processes, and nginx before them."""

import json
import types
from typing import Any

from deploy.shifting.releases import ALL, OF_BOTH, Plan, upstreams_of
from tests.deploy.composed import Composed
from tests.deploy.nginx import Nginx
from tests.journeys.faults.installation import SECONDS, Running, until
from tests.journeys.faults.shop import Shop

SERVING = {"web": "web", "streams": "stream", "relays": "relay"}
ALONE = ("worker", "beat")


class Behind:
    """`first` and `second` hold one process of each part that is served; `places` and `founded` are what a Shop asks for."""

    def __init__(self, composed: Composed) -> None:
        self.composed = composed
        founding = ("bootstrap", "--organization", "acme", "--project", "shop", "--environments", "first")
        command = ["python", "manage.py", *founding, "--email", "alice@example.com", "--json"]
        self.founded: dict[str, Any] = json.loads(composed.run("web", *command))
        self.first = {part: composed.start(part) for part in ("stream", "web")}
        self.alone = {part: composed.start(part) for part in ALONE}
        composed.ready("stream", self.first["stream"])
        self.first["relay"] = composed.start("relay")
        self.second = {part: composed.start(part, f"{part}-2") for part in SERVING.values()}
        for part, program in (*self.first.items(), *self.second.items(), *self.alone.items()):
            composed.ready(part, program)
        both = {name: [_port(one[part]) for one in (self.first, self.second)] for name, part in SERVING.items()}
        (composed.folder / "nginx").mkdir()
        self.nginx = Nginx(composed.folder / "nginx", {**both, "grafana": both["web"]})
        self.as_begun = self.nginx.upstreams_file.read_text()
        self.places = types.SimpleNamespace(url=self.nginx.url)

    def shop(self, name: str) -> Shop:
        return Shop(self, name)  # type: ignore[arg-type]  # it asks for no more than these

    def wait_until_relays_serve(self, shop: Shop) -> None:
        address = f"/api/v1/sdk/flags/{shop.flag}"
        for relay in (self.first["relay"], self.second["relay"]):
            until(lambda relay=relay: relay.ask(address, shop.client_key).status_code == 200, SECONDS)  # type: ignore[misc]

    def release(self, name: str) -> dict[str, Running]:
        return {"first": self.first, "second": self.second}[name]

    def give_everything_to(self, name: str) -> None:
        """By the file that deploy/shifting writes; nobody else is asked once this returns."""
        halves = {half: self.release(half) for half in ("first", "second")}
        upstreams: dict[str, dict[str, list[str]]] = {
            upstream: {half: [one[part].url.removeprefix("http://")] for half, one in halves.items()}
            for upstream, part in SERVING.items()
        }
        upstreams["grafana"] = {OF_BOTH: upstreams["web"]["first"]}
        text = self.as_begun if name == "both" else upstreams_of(Plan(upstreams, ["first", "second"]), name, ALL)
        self.nginx.upstreams_file.write_text(text)
        self.nginx.reload()


def _port(program: Running) -> int:
    return int(program.url.rpartition(":")[2])
