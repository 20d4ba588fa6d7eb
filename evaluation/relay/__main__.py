"""`python -m evaluation.relay`, the command `flagforge-relay`: options or the environment, then serve until SIGTERM."""

import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from ..delivery import traces
from ..sdk.about import VERSION
from ..sdk.upstream import Upstream
from . import logs
from .application import Relay
from .offline import Nobody
from .options import Options, read_options
from .plan import Plan
from .processes import Processes, Seat
from .quick import QuickConnection
from .server import Server, configuration, listen_together
from .snapshots import NoSnapshots, begin_with
from .store import Store
from .traced import TracedRelay

log = logging.getLogger(__package__)


def main(arguments: Sequence[str] | None = None) -> None:
    options = read_options(arguments, os.environ)
    try:
        logs.begin(os.environ)
    except ValueError as error:
        sys.exit(f"flagforge-relay: {error}")
    # uvicorn stops in good order, and then raises the signal once more for whoever had handled it before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serving = _alone(options) if options.processes == 1 else _together(options)
    except OSError as error:
        where = f"{options.host} port {options.port}"
        sys.exit(f"Cannot listen on {where}: {error.strerror}. FLAGFORGE_RELAY_PORT chooses another.")
    source = f"serving {options.file}" if options.file else f"following {options.upstream}"
    log.info("listening on %s port %s, %s", options.host, options.port, source)
    with contextlib.suppress(KeyboardInterrupt):
        serving()


def _alone(options: Options) -> partial[None]:
    listeners = listen_together(options.host, options.port, reuse_port=options.reuse_port)
    return partial(_serve, relay_of(options), listeners)


def _together(options: Options) -> partial[None]:
    processes = Processes(options.host, options.port, options.processes)
    return partial(processes.run, partial(_take, options))


def _take(options: Options, seat: Seat) -> None:
    """In a process of its own: the first follows upstream, and answers the others at its door."""
    has_door = seat.is_first and options.file is None
    with contextlib.suppress(KeyboardInterrupt):
        _serve(relay_of(options, seat), [seat.listener], seat.door if has_door else None)


def _serve(relay: Relay, listeners: list[socket.socket], door: socket.socket | None = None) -> None:
    end_traces = traces.begin(os.environ, "relay", version=VERSION, instance_id=relay.id)
    try:
        Server(configuration(relay, QuickConnection), door).run(sockets=listeners)
    finally:
        if end_traces is not None:
            end_traces()


def relay_of(options: Options, seat: Seat | None = None) -> Relay:
    number, count = (seat.number, seat.count) if seat else (1, 1)
    window = (options.host, options.metrics_port, options.profile_token)
    kind = TracedRelay if traces.endpoint_of(os.environ) else Relay
    make = partial(kind, public=options.public, window=window)
    if options.copy:
        plan = Plan(options.anchor, copy=options.copy, api_keys=options.api_keys, number=number, count=count)
        return make(Nobody(), plan=plan)
    if seat and not seat.is_first:
        first = Upstream("http://process-1", seat.secret, path=seat.door_path)
        return make(first, plan=Plan(options.anchor, number=number, count=count))
    (api_key,) = options.api_keys
    server_key = api_key if options.kind == "server" else ""
    plan = Plan(options.anchor, server_key, seat.secret if seat else "", number=number, count=count)
    store = _store_of(options, api_key)
    return make(Upstream(options.upstream, api_key, ca_file=options.ca_file), store, plan=plan)


def _store_of(options: Options, api_key: str) -> Store | None:
    """With what lies in object storage, where that is newer; where it cannot be had, with what there is."""
    if not options.snapshots:
        return Store(options.store) if options.store else None
    store = Store(options.store or Path(mkdtemp(prefix="flagforge-relay-")))
    try:
        begin_with(options.snapshots, api_key, store)
    except NoSnapshots as error:
        log.error("the snapshots cannot be begun with: %s", error)
    return store


if __name__ == "__main__":
    main()
