"""Whether a first evaluation arrived, and what the server saw meanwhile."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from analytics.folding import DAYS
from evaluation import sightings
from evaluation.sightings import CONNECTED, EVALUATED, MISSING, Refusal, Sight
from tenants.actors import Actor
from tenants.models import ApiKey, Environment
from tenants.permissions import allowed
from tenants.selectors import api_keys_of

WHOLE_LENGTHS = {kind: len(f"ff_{kind}_") + 43 + 6 for kind in ApiKey.Kind.values}
# Of so many keys it is looked whether somebody came with a piece of one.
MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """A sight, as it is told: `key` is the name of the key, "" for who may not see keys or where it is gone."""

    at: datetime
    flag: str
    variant: str
    reason: str
    program: str
    key: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What somebody did who meant to ask here: `title` in a few words, `words` what to do; `environment` where they came to."""

    at: datetime
    title: str
    words: str
    begins: str = ""
    environment: Environment | None = None


class Lamp:
    """For one environment; four queries, of which two only while it is dark."""

    def __init__(
        self, environment: Environment, others: Sequence[Environment], actor: Actor, address: str | None
    ) -> None:
        self.environment, self.actor, self.address = environment, actor, address
        self.others = [other for other in others if other.pk != environment.pk]

    @property
    def is_lit(self) -> bool:
        return self.seen is not None or self.told_on is not None

    @cached_property
    def seen(self) -> Seen | None:
        """The last evaluation that this server saw."""
        return self._seen(EVALUATED)

    @cached_property
    def connected(self) -> Seen | None:
        """Who holds the rules."""
        return self._seen(CONNECTED)

    @cached_property
    def told_on(self) -> datetime | None:
        """The last day on which applications told of evaluations, as telemetry has it."""
        rows: Any = DAYS.model.objects.filter(environment=self.environment).order_by("-start")
        day = rows.values_list("start", flat=True).first()
        return day if isinstance(day, datetime) else None

    @cached_property
    def troubles(self) -> list[Trouble]:
        """The newest first."""
        found = [*self._missing(), *self._elsewhere(), *self._refused()]
        return sorted(found, key=lambda trouble: trouble.at, reverse=True)

    @property
    def state(self) -> str:
        """Changes where what is shown does."""
        shown = (self.is_lit, self.seen, self.connected, self.is_lit or self.troubles)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    @cached_property
    def _keys(self) -> list[ApiKey]:
        """Those of the environment that the actor may see, the newest first."""
        if not allowed(self.actor, "api_key.view", self.environment):
            return []
        return list(api_keys_of(self.actor, self.environment)[:MOST_KEYS])

    def _seen(self, kind: str) -> Seen | None:
        sight = sightings.find(kind, self.environment.id)
        return None if sight is None else self._told(sight)

    def _told(self, sight: Sight) -> Seen:
        name = next((key.name for key in self._keys if key.pk == sight.api_key_id), "")
        return Seen(moment(sight.at), sight.flag, sight.variant, sight.reason, program_in_words(sight.program), name)

    def _missing(self) -> Iterator[Trouble]:
        if (missing := self._seen(MISSING)) is not None:
            words = f"There is no “{missing.flag}” that this key may see. Look at its spelling, and at “Visible to clients”."
            yield Trouble(missing.at, "Asked for a flag that is not here", words)

    def _elsewhere(self) -> Iterator[Trouble]:
        for other in self.others:
            if (sight := sightings.find(EVALUATED, other.id)) is not None:
                words = f"The key belongs to {other.name}, and this page waits for {self.environment.name}."
                yield Trouble(moment(sight.at), "An evaluation in another environment", words, environment=other)

    def _refused(self) -> Iterator[Trouble]:
        """Who came with a piece of one of these keys, or from where this page is looked at."""
        own = {key.prefix for key in self._keys}
        looks = [sightings.find_refusal(begins=prefix) for prefix in own]
        looks.append(sightings.find_refusal(address=self.address) if self.address else None)
        for refusal in {look.sha256: look for look in looks if look is not None}.values():
            # Others may come from the same address, and their keys are nobody's business here.
            begins = refusal.begins if refusal.begins in own else ""
            yield Trouble(moment(refusal.at), *self._why(refusal), begins=begins)

    def _why(self, refusal: Refusal) -> tuple[str, str]:
        if not refusal.length:
            return "A request without a key", "The key goes into the header X-API-Key."
        if (gone := {key.sha256: key for key in self._keys}.get(refusal.sha256)) is not None:
            return "A request with a key that works no more", f"“{gone.name}” was revoked or has expired."
        return "A request with an unknown key", _wrong_with(refusal)


def _wrong_with(refusal: Refusal) -> str:
    kind = refusal.begins.split("_")[1] if refusal.begins else ""
    if kind not in WHOLE_LENGTHS:
        return "It does not look like a key of ours, which begins with ff_client_ or ff_server_."
    difference = refusal.length - WHOLE_LENGTHS[kind]
    if difference:
        many = f"{abs(difference)} character{'' if abs(difference) == 1 else 's'}"
        return f"It was {many} too {'long' if difference > 0 else 'short'}."
    return "It has the right length: it is mistyped, or a key of another server."


def program_in_words(program: str) -> str:
    """The first product of a User-Agent, and a browser as such."""
    if program.startswith("Mozilla/"):
        return "a browser"
    return program.partition(" (")[0].partition(" Mozilla")[0] or "a program"


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
