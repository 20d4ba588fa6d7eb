"""Relays and applications that tell of themselves, for the pages about who has which version."""

import json
import os
import time
from datetime import UTC, datetime

from playwright.sync_api import Page

from script.places import read_places

RELAYS = (("edge-frankfurt (312)", 6, 0), ("edge-mumbai (297)", 5, 1), ("edge-oregon (301)", 2, 0))
APPLICATIONS = (
    ("flagforge-python", "shop", "web-1", "streaming", 0),
    ("flagforge-python", "shop", "web-2", "streaming", 0),
    ("flagforge-js", "storefront", "", "long-polling", 1),
)


def listen(page: Page) -> None:
    """Fourteen streams behind three relays, one of which is slow; then the page is looked at again."""
    keys = json.loads(read_places(os.environ).keys_file.read_text())
    production, now = keys["environments"]["production"], time.time()
    api = page.url.split("/organizations/")[0]
    newest = int(page.locator("#newest").inner_text().split()[1])
    changed = datetime.fromisoformat(page.locator("#versions ~ table time").first.get_attribute("datetime") or "")
    reporters = [
        {
            "id": name.split()[0],
            "name": name,
            "environments": {production["id"]: _seen(newest, has, lacks, changed.timestamp())},
        }
        for name, has, lacks in RELAYS
    ]
    body = {"at": now, "reporters": reporters}
    page.request.post(f"{api}/api/v1/sdk/relay/convergence", headers={"X-API-Key": keys["relay_key"]}, data=body)
    at = datetime.now(UTC).isoformat()
    for number, (sdk, application, instance, mode, behind) in enumerate(APPLICATIONS):
        about = {"name": sdk, "version": "1.0.0", "application": application, "instance": instance, "mode": mode}
        told = {"batch": f"seen-{number}-{now}", "sdk": about, "from": at, "to": at, "manifest": newest - behind}
        headers = {"X-API-Key": production["server_key"]}
        page.request.post(f"{api}/api/v1/sdk/events", headers=headers, data=told)
    page.reload()


def _seen(newest: int, has: int, lacks: int, changed: float) -> dict[str, object]:
    streams = {str(version): count for version, count in ((newest, has), (newest - 1, lacks)) if count}
    arrivals = {str(newest): {"heard": changed + 0.04, "delays": {"17": has}}}
    return {"holds": newest, "streams": streams, "instances": {}, "arrivals": arrivals}
