"""Checks and times one peer, in a Python that has it installed, and prints nanoseconds as JSON."""

import importlib
import json
import logging
import sys
from importlib.metadata import version

from script.benches._peers.question import check
from script.benches._timing import nanoseconds


def main(name: str, package: str) -> None:
    logging.disable()
    peer = importlib.import_module(f"script.benches._peers.{name}").make()
    check(peer)
    cases = {"a": peer.plain, "b": peer.ruled, "c": peer.bulk}
    times = {letter: nanoseconds(case) for letter, case in cases.items()}
    print(json.dumps({"version": version(package), "times": times}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
