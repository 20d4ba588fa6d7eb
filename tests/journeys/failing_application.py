"""A shop whose checkout serves requests by the flag's answer.

Told `sell` it has many visitors at once, of whom more buy something where the new variant is served; told `open` it serves for
ever; told `break` every request that gets the new variant fails.
Each line that it reads it answers with the wall clock of the first request that failed, what it serves now, and what it sold.
"""

import json
import sys
import threading
import time
from itertools import count
from random import Random
from typing import Any

from evaluation.sdk.client import Client

PAUSE_SECONDS = 0.02
BUYERS = 4_000
# How many of the visitors buy something with each variant.
SOLD = {False: 0.10, True: 0.16}


class Shop:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.is_broken = False
        self.first_failure: float | None = None
        self.served: Any = None
        self.sold = {False: 0, True: 0}

    def sell(self) -> None:
        """The visitors of each variant have a seed of their own, so that as many buy whoever gets which."""
        chances = {variant: Random(f"seed {variant}") for variant in SOLD}
        for number in range(BUYERS):
            visitor = {"targetingKey": f"buyer-{number}"}
            with self.client.moment():
                served = self.client.boolean_value("checkout", False, visitor)
                if chances[served].random() < SOLD[served]:
                    self.client.track("purchase", visitor)
                    self.sold[served] += 1

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
        for line in sys.stdin:
            order = line.strip()
            if order == "sell":
                shop.sell()
            elif order == "open":
                threading.Thread(target=shop.run, daemon=True).start()
            shop.is_broken = shop.is_broken or order == "break"
            said = {"first_failure": shop.first_failure, "served": shop.served, "sold": sum(shop.sold.values())}
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
