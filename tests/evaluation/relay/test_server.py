"""What the relay's port is like before anybody has asked anything."""

import contextlib
import socket
from pathlib import Path

import pytest

from evaluation.relay.server import UNHEARD_SECONDS, listen, listen_together

linux_only = pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux only")
HOST = "127.0.0.1"


@linux_only
def test_a_client_that_confirms_nothing_is_given_up_in_time() -> None:
    with (
        listen(HOST, 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNHEARD_SECONDS * 1000


@linux_only
def test_more_may_wait_to_be_let_in_than_at_one_socket() -> None:
    at_one = int(Path("/proc/sys/net/core/somaxconn").read_text())
    if at_one > 5_000:
        pytest.skip("this machine lets more wait than a test may open")
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(each) for each in listen_together(HOST, 0)]
        address = listeners[0].getsockname()

        for _ in range(at_one + at_one // 2):  # nobody lets them in
            stack.enter_context(socket.create_connection(address, timeout=0.5))


@pytest.mark.parametrize("is_first_wide", [True, False])
def test_a_port_that_somebody_has_is_refused(is_first_wide: bool) -> None:
    with contextlib.ExitStack() as stack:
        first = listen_together(HOST, 0) if is_first_wide else [listen(HOST, 0)]
        listeners = [stack.enter_context(each) for each in first]

        with pytest.raises(OSError, match="in use"):
            listen_together(HOST, listeners[0].getsockname()[1])
