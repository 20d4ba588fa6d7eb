"""`python -m flagforge.serve`: the control plane on one port, in one process.

The server is the relay's: one way of saying goodbye, and of keeping keys out of logs, for both.
"""

import argparse
import contextlib
import gc
import logging
import socket
import sys
from collections.abc import Sequence

from evaluation.relay.server import Server, configuration, listen
from flagforge.settings import env

# Threads that compute hand over to the event loop this often; Python's own 5 ms is several answers long.
SWITCH_SECONDS = 0.001

log = logging.getLogger(__name__)


def serve(host: str, port: int, *, reuse_port: bool = False) -> None:
    """Until SIGTERM or SIGINT."""
    listener = _listen(host, port, reuse_port=reuse_port)
    config = configuration("flagforge.asgi:application")
    config.load()
    log.info("listening on %s port %s", host, port)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # what was imported is never garbage, so no collection has to walk through it
    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run(sockets=[listener])


def _listen(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    try:
        return listen(host, port, reuse_port=reuse_port)
    except OSError as error:
        sys.exit(
            f"Cannot listen on {host} port {port}: {error.strerror}. FLAGFORGE_BIND and FLAGFORGE_PORT choose others."
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m flagforge.serve", description="Serve the control plane.")
    parser.add_argument("--host", default=env.text("FLAGFORGE_BIND", "127.0.0.1"), help="FLAGFORGE_BIND (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=env.port("FLAGFORGE_PORT", 8000), help="FLAGFORGE_PORT (%(default)s)"
    )
    parser.add_argument("--reuse-port", action="store_true", help="share the port with other processes of this server")
    given = parser.parse_args(arguments)
    serve(given.host, given.port, reuse_port=given.reuse_port)


if __name__ == "__main__":
    main()
