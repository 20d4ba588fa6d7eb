"""A shop whose checkout serves requests by the flag's answer; told `break`, every request that gets the new variant fails.

Each line that it reads it answers with the wall clock of the first request that failed, and with what it serves now.
"""

import json
import sys
import threading
import time
from itertools import count
from typing import Any

from evaluation.sdk.client import Client

PAUSE_SECONDS = 0.02


class Shop:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.is_broken = False
        self.first_failure: float | None = None
        self.served: Any = None

    def run(self) -> None:
        """Fifty requests a second, each of another visitor, for ever."""
        for number in count():
            try:
                self.request(f"visitor-{number}")
            except RuntimeError:
                self.first_failure = self.first_failure or time.time()
            time.sleep(PAUSE_SECONDS)

    def request(self, visitor: str) -> None:
        with self.client.moment():
            self.served = self.client.boolean_value("checkout", False, {"targetingKey": visitor})
            if self.is_broken and self.served:
                raise RuntimeError("the new checkout does not work")


def main(url: str, sdk_key: str) -> None:
    with Client(sdk_key, url, application="shop") as client:
        client.wait_until_ready(30)
        shop = Shop(client)
        threading.Thread(target=shop.run, daemon=True).start()
        for line in sys.stdin:
            shop.is_broken = shop.is_broken or line.strip() == "break"
            said = {"first_failure": shop.first_failure, "served": shop.served, "version": client.version}
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
