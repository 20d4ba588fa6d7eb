"""Asking again what failed: a few times, a little later each time, and not at all where it is of no use."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from ..upstream import KeyRefused, Unreachable
from .circuit import Circuit
from .connection import Busy, Rejected

RETRY_SECONDS = (0.1, 0.2, 0.4)

Answer = TypeVar("Answer")


class Broken(Unreachable):
    """The circuit is open: nobody was asked."""


async def retried(ask: Callable[[], Awaitable[Answer]], circuit: Circuit) -> Answer:
    """What is answered at last; raises Unreachable. Each attempt counts for the circuit."""
    for pause in RETRY_SECONDS:
        try:
            return await attempted(ask, circuit)
        except (KeyRefused, Busy, Broken, Rejected):
            raise
        except Unreachable:
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311  (nobody gains from guessing it)
    return await attempted(ask, circuit)


async def attempted(ask: Callable[[], Awaitable[Answer]], circuit: Circuit) -> Answer:
    """One attempt, unless the circuit is open. What is refused is answered, and no failure of the server."""
    if not circuit.allows(monotonic()):
        raise Broken("too many attempts failed: none is made for some seconds")
    try:
        answer = await ask()
    except (KeyRefused, Rejected):
        circuit.succeeded()
        raise
    except Unreachable:
        circuit.failed(monotonic())
        raise
    circuit.succeeded()
    return answer
