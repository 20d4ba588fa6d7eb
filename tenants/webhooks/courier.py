"""A thread of the worker that takes events to webhooks, many at once, so that none waits for another.

The task that wakes it only says "look again". Requests run on an event loop of their own; the database is asked here alone.
"""

import asyncio
import logging
import threading
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import lru_cache

from django.db import close_old_connections
from django.urls import reverse
from django.utils import timezone

from tenants import outgoing_mail, selectors
from tenants.actors import Actor
from tenants.letters import Letter, absolute
from tenants.models import Webhook
from tenants.services.webhooks import give_up
from tenants.webhooks.announcing import announce
from tenants.webhooks.attempts import Attempt, claim, settle
from tenants.webhooks.sending import Answer, send

# So many at once. Those that failed last, or were slow, share a lane of their own: however many they are, the others pass.
FAST_LANE, SLOW_LANE = 48, 16
LOOK_SECONDS = 0.25
COURIER = Actor.system("webhooks")

log = logging.getLogger(__name__)


class Courier(threading.Thread):
    """Sleeps until it is woken; then works until nothing is due and nothing is on its way."""

    def __init__(self) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.wanted = threading.Event()
        self._on_their_way: dict[Future[Answer], Attempt] = {}

    def run(self) -> None:
        while self.wanted.wait():
            self.wanted.clear()
            try:
                self.work()
            except Exception:
                log.exception("webhooks: this round failed; the next one tries again")
            finally:
                close_old_connections()

    def work(self) -> None:
        """Nothing here waits for a slow one: what becomes due meanwhile is begun."""
        while True:
            announce(timezone.now())
            self._begin()
            if not self._on_their_way:
                return
            done, _ = wait(self._on_their_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for one in done:
                self._end(self._on_their_way.pop(one), one)

    def _begin(self) -> None:
        for is_slow, lane in ((False, FAST_LANE), (True, SLOW_LANE)):
            busy = sum(attempt.delivery.webhook.is_slow is is_slow for attempt in self._on_their_way.values())
            for attempt in claim(lane - busy, timezone.now(), is_slow=is_slow):
                on_its_way = asyncio.run_coroutine_threadsafe(send(attempt.letter), _loop())
                self._on_their_way[on_its_way] = attempt

    def _end(self, attempt: Attempt, came: Future[Answer]) -> None:
        """What cannot be written down is tried again when its time is over."""
        try:
            because = settle(attempt, came.result(), timezone.now())
            if because:
                disable(attempt.delivery.webhook, because)
        except Exception:
            log.exception("webhooks: what came of %s could not be noted", attempt.delivery)


def disable(webhook: Webhook, because: str) -> None:
    """By itself, and tell those who can put it right."""
    webhook = give_up(webhook, because=because, actor=COURIER)
    letter = Letter(
        f"A webhook was disabled: {webhook.name}",
        f"Nothing is sent to the webhook {webhook.name} of {webhook.organization} any more. {because} Once its address answers"
        " again, enable it, and replay what was not delivered.",
        action="Look at its log",
        address=absolute(reverse("tenants:webhook", args=[webhook.organization.slug, webhook.id])),
    )
    for person in selectors.keepers_of(webhook):
        outgoing_mail.post(letter, person, webhook.organization)


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="webhook-requests", daemon=True).start()
    return loop


_courier: Courier | None = None
_courier_lock = threading.Lock()


def wake() -> None:
    """Have this process look again soon."""
    global _courier
    with _courier_lock:
        if _courier is None or not _courier.is_alive():
            _courier = Courier()
            _courier.start()
    _courier.wanted.set()
