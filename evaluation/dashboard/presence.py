"""Who has which page open, and who has a draft there: said by pages over their sockets, and in Redis for seconds alone.

Every process looks once a second, and says what its own pages said. Without Redis, or while it is away, nobody is told
of anybody; nothing else depends on it.
"""

import asyncio
import json
import logging
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import redis
from django.conf import settings

from tenants.dashboard.avatars import color_of, initials_of

LOOK_SECONDS = 1.0
# Who was not heard of for so long is gone, whatever became of their process.
TRUST_SECONDS = 6.0
LONGEST = 300  # characters of what a page says
MOST_TOLD = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Presence:
    """One open page. `page` names what it is about; `environment` is a key, "" where it is about all of them."""

    person: str
    name: str
    page: str
    environment: str
    is_editing: bool


class Present(Protocol):
    """A socket whose page said where it is."""

    presence: Presence | None

    @property
    def socket_id(self) -> str: ...

    @property
    def room(self) -> str:
        """The place around the page; pages of other places are never heard of."""

    def meet(self, others: Collection[Presence]) -> None:
        """Those of the room."""


class Rooms:
    """Works while there are pages that said where they are."""

    def __init__(self) -> None:
        self._present: set[Present] = set()
        self._gone: list[tuple[str, str]] = []
        self._task: asyncio.Task[None] | None = None
        self._client: Any = None

    def enter(self, socket: Present) -> None:
        """Also said again when something is different."""
        if not settings.REDIS_URL:
            return
        self._present.add(socket)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())

    def leave(self, socket: Present) -> None:
        if socket in self._present:
            self._present.discard(socket)
            self._gone.append((socket.room, socket.socket_id))

    async def _look(self) -> None:
        while self._present or self._gone:
            gone, self._gone = self._gone, []
            here = {
                (socket.room, socket.socket_id): said for socket in self._present if (said := _said(socket)) is not None
            }
            try:
                rooms = await asyncio.to_thread(self._exchange, here, gone)
            except (redis.RedisError, OSError) as error:
                log.warning("cannot tell who is where: %s", type(error).__name__)
                rooms = {}
            for socket in list(self._present):
                socket.meet(rooms.get(socket.room, ()))
            await asyncio.sleep(LOOK_SECONDS)

    def _exchange(
        self, here: Mapping[tuple[str, str], str], gone: Iterable[tuple[str, str]]
    ) -> dict[str, list[Presence]]:
        """Everybody in the rooms of `here`, by room; one round trip."""
        if self._client is None:
            self._client = redis.Redis.from_url(settings.REDIS_URL, **settings.REDIS_OPTIONS)
        rooms = sorted({room for room, _ in here})
        with self._client.pipeline(transaction=False) as pipeline:
            for room, socket_id in gone:
                pipeline.hdel(_key(room), socket_id)
            for (room, socket_id), said in here.items():
                pipeline.hset(_key(room), socket_id, said)
            for room in rooms:
                pipeline.expire(_key(room), round(10 * TRUST_SECONDS))
            for room in rooms:
                pipeline.hgetall(_key(room))
            answers = pipeline.execute()
        held = answers[len(answers) - len(rooms) :]
        return {room: _fresh(entries.values()) for room, entries in zip(rooms, held, strict=True)}


def _said(socket: Present) -> str | None:
    if socket.presence is None:
        return None
    return json.dumps({**asdict(socket.presence), "at": time.time()})


def _fresh(entries: Iterable[bytes]) -> list[Presence]:
    found = []
    for entry in entries:
        said = json.loads(entry)
        if time.time() - said.pop("at") < TRUST_SECONDS:
            found.append(Presence(**said))
    return found


def _key(room: str) -> str:
    return f"flagforge:presence:{room}"


def read(text: str, person: str, name: str, sight: Mapping[str, str]) -> Presence | None:
    """What a page says; None for whatever else, and where it names an environment that its person does not see."""
    if len(text) > LONGEST:
        return None
    try:
        said = json.loads(text)
        page, environment = str(said["here"]), str(said["environment"])
    except (ValueError, TypeError, KeyError):
        return None
    if environment and environment not in sight.values():
        return None
    return Presence(person, name, page, environment, is_editing=said.get("editing") is True)


def told(others: Iterable[Presence], own: Presence, sight: Mapping[str, str]) -> list[dict[str, Any]]:
    """Who else has the page open, as far as its person may see, by name: each once, editing if they do anywhere."""
    seen = [
        one
        for one in others
        if one.page == own.page
        and one.person != own.person
        and (not one.environment or one.environment in sight.values())
    ]
    people = {
        one.person: one for one in sorted(seen, key=lambda one: (one.is_editing, one.environment == own.environment))
    }
    return [
        {
            "name": one.name,
            "initials": initials_of(one.name),
            "color": color_of(one.name),
            "environment": one.environment,
            "editing": one.is_editing,
        }
        for one in sorted(people.values(), key=lambda one: (not one.is_editing, one.name))[:MOST_TOLD]
    ]


rooms = Rooms()
