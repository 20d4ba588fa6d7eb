"""`python -m evaluation.relay`, the command `flagforge-relay`: options or the environment, then serve until SIGTERM."""

import argparse
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..sdk.upstream import Upstream
from .application import Relay
from .public import add_options, public_of
from .quick import QuickConnection
from .server import Server, configuration, listen
from .store import Store

KEY_VARIABLE = "FLAGFORGE_RELAY_KEY"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser(os.environ)
    given = parser.parse_args(arguments)
    api_key = os.environ.get(KEY_VARIABLE, "")
    if not api_key:
        parser.error(f"set {KEY_VARIABLE} to a relay key; it is no option, since every user of a machine sees those")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    store = Store(given.store) if given.store else None
    relay = Relay(Upstream(given.upstream, api_key), store, public_of(given, parser))
    try:
        listener = listen(given.host, given.port, reuse_port=given.reuse_port)
    except OSError as error:
        sys.exit(
            f"Cannot listen on {given.host} port {given.port}: {error.strerror}. FLAGFORGE_RELAY_PORT chooses another."
        )
    logging.getLogger(__package__).info("listening on %s port %s, following %s", given.host, given.port, given.upstream)
    # uvicorn stops in good order, and then raises the signal once more for whoever had handled it before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        Server(configuration(relay, QuickConnection)).run(sockets=[listener])


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flagforge-relay", description="Serve flags next to applications.")
    parser.add_argument(
        "--upstream",
        default=environ.get("FLAGFORGE_RELAY_UPSTREAM", "http://127.0.0.1:8000"),
        help="FLAGFORGE_RELAY_UPSTREAM: the control plane (%(default)s)",
    )
    parser.add_argument(
        "--host", default=environ.get("FLAGFORGE_BIND") or "127.0.0.1", help="FLAGFORGE_BIND (%(default)s)"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=environ.get("FLAGFORGE_RELAY_PORT") or "8100",
        help="FLAGFORGE_RELAY_PORT (%(default)s)",
    )
    parser.add_argument(
        "--store",
        type=Path,
        default=environ.get("FLAGFORGE_RELAY_STORE") or None,
        help="FLAGFORGE_RELAY_STORE: a folder for the last good state, to start from without upstream",
    )
    add_options(parser, environ)
    parser.add_argument("--reuse-port", action="store_true", help="share the port with other processes of this relay")
    return parser


if __name__ == "__main__":
    main()
