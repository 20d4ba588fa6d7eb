"""The secret addresses of triggers, and who acts when one is pulled."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from flags.models import FlagTrigger
from tenants import realm
from tenants.actors import Actor
from tenants.keys import sha256_of

PREFIX = "ff_trigger_"
VISIBLE_CHARACTERS = 8
# What each action takes, for whoever makes a trigger and for the trigger itself.
VERB_OF = {
    FlagTrigger.Action.ON: "flag.toggle",
    FlagTrigger.Action.OFF: "flag.toggle",
    FlagTrigger.Action.TOGGLE: "flag.toggle",
    FlagTrigger.Action.SERVE: "flag.configure",
}


@dataclass(frozen=True, slots=True)
class OneVerb:
    """The role of a trigger, in its environment: what it is for, and nothing else."""

    verb: str

    @property
    def label(self) -> str:
        return f"a trigger ({self.verb})"

    @property
    def verbs(self) -> Collection[str]:
        return (self.verb,)

    @property
    def codename(self) -> str:
        """Nobody is granted it."""
        return ""


def mint() -> str:
    """256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def address_of(secret: str) -> str:
    """Where it is pulled, as a whole URL."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("flags_api:pull_trigger", args=[secret])


def prefix_of(secret: str) -> str:
    return secret[: len(PREFIX) + VISIBLE_CHARACTERS]


def find_trigger(secret: str) -> FlagTrigger | None:
    """The one that the secret opens, if it works: whoever has it reaches where it leads for the rest of the request."""
    if not secret.startswith(PREFIX) or not secret.isascii():
        return None
    sha256 = sha256_of(secret)
    with realm.within(realm.of_trigger(sha256)):
        rows = FlagTrigger.objects.filter(sha256=sha256, revoked_at__isnull=True)
        around = ("flag__project__organization", "environment__project", "environment__organization")
        found: FlagTrigger | None = rows.select_related(*around).first()
    if found is not None:
        realm.become(realm.of_organization(found.organization_id))
    return found


def actor_of(trigger: FlagTrigger, *, request_id: str = "", ip: str | None = None) -> Actor:
    """Given its one verb on the environment by name, so that it holds in a protected one, for which its maker had the right."""
    role = OneVerb(VERB_OF[FlagTrigger.Action(trigger.action)])
    grants = {("environment", trigger.environment_id): (role,)}
    name = f"{trigger.prefix}… ({trigger.name})"
    return Actor("trigger", trigger.id, name, grants, request_id=request_id, ip=ip)  # type: ignore[arg-type]  # a Scope
