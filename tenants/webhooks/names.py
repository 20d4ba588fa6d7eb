"""Looking up the names of hosts, each in a thread of its own: the system's resolver cannot be stopped, and may take a minute.

So a name that is slow takes no thread from another, its look-up is left behind when the time of a request is over, and since the
threads are daemons no process waits for one when it ends. Pools of threads, asyncio's among them, have all of these faults.
"""

import asyncio
import socket
import threading
from concurrent.futures import Future

# In a process. More than can hang where each of the 64 requests at once is for a name that takes a minute.
MOST = 1_000

_places = threading.BoundedSemaphore(MOST)


async def addresses_of(host: str, port: int) -> list[str]:
    """Raises OSError where there are none. Cancelled it is over at once, though its thread is not."""
    if not _places.acquire(blocking=False):
        raise OSError("too many names are being looked up")
    found: Future[list[str]] = Future()
    try:
        threading.Thread(target=_look_up, args=(host, port, found), name="names", daemon=True).start()
    except RuntimeError as error:  # the system gives no more threads
        _places.release()
        raise OSError(str(error)) from None
    return await asyncio.wrap_future(found)


def _look_up(host: str, port: int, found: Future[list[str]]) -> None:
    try:
        if found.set_running_or_notify_cancel():
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
    except Exception as error:
        found.set_exception(error)
    finally:
        _places.release()
