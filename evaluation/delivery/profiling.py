"""Where the threads of a running process spend their time: samples of their stacks, for whoever holds the token.

The answer is in folded stacks, a line for each with how often it was seen, as speedscope.app and flamegraph.pl read them.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from hmac import compare_digest
from types import FrameType

from ..wire.replies import Reply
from .window import Asked

VARIABLE = "FLAGFORGE_PROFILE_TOKEN"
SHORTEST_TOKEN = 16
EVERY_SECONDS = 0.005
USUAL_SECONDS, MOST_SECONDS = 5, 60
DEEPEST = 100

_sampling = threading.Lock()


def usable(token: str) -> str:
    """The token; raises ValueError for one that can be guessed. "" means that nobody may."""
    if token and len(token) < SHORTEST_TOKEN:
        raise ValueError(f"{VARIABLE} must have at least {SHORTEST_TOKEN} characters, as of: openssl rand -hex 32")
    return token


def answering(token: str) -> Callable[[Asked], Reply]:
    """Without a token, or with another one, there is no such page."""

    def answer(asked: Asked) -> Reply:
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not token or not compare_digest(given.encode(), token.encode()):
            return _plain(404, "There is no such page.")
        seconds = asked.query.get("seconds", str(USUAL_SECONDS))
        if not seconds.isascii() or not seconds.isdigit() or not 1 <= int(seconds) <= MOST_SECONDS:
            return _plain(400, f"seconds: a whole number from 1 to {MOST_SECONDS}.")
        if not _sampling.acquire(blocking=False):
            return _plain(409, "Somebody profiles this process already. Try again when that is over.")
        try:
            return _plain(200, sampled(int(seconds)))
        finally:
            _sampling.release()

    return answer


def sampled(seconds: float) -> str:
    """Every thread but this one, whether it works or waits."""
    found, me, end = Counter[str](), threading.get_ident(), time.monotonic() + seconds
    while time.monotonic() < end:
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        for ident, frame in sys._current_frames().items():
            if ident != me:
                found[_folded(names.get(ident, "thread"), frame)] += 1
        time.sleep(EVERY_SECONDS)
    return "".join(f"{stack} {count}\n" for stack, count in found.most_common())


def _folded(name: str, frame: FrameType | None) -> str:
    stack: list[str] = []
    while frame is not None and len(stack) < DEEPEST:
        code = frame.f_code
        stack.append(f"{frame.f_globals.get('__name__', '?')}.{code.co_qualname}")
        frame = frame.f_back
    return ";".join([name.replace(";", ","), *reversed(stack)])


def _plain(status: int, text: str) -> Reply:
    return Reply(status, text.encode(), "text/plain; charset=utf-8", (("Cache-Control", "no-store"),))
