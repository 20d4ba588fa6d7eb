"""Roles and the verbs they carry: one literal table, and what an organization's own roles may be made of."""

from collections.abc import Collection
from typing import Protocol

from django.db import models


class AnyRole(Protocol):
    """One of the four of the table, or one that an organization made for itself (`tenants.models.CustomRole`)."""

    @property
    def label(self) -> str: ...

    @property
    def verbs(self) -> Collection[str]: ...

    @property
    def codename(self) -> str:
        """Of the guardian permission that the role is."""


class Role(models.IntegerChoices):
    """Four roles; a higher one may do all that a lower one may."""

    VIEWER = 1, "viewer"
    MEMBER = 2, "member"
    ADMIN = 3, "admin"
    OWNER = 4, "owner"

    @property
    def verbs(self) -> frozenset[str]:
        return VERBS[self]

    @property
    def codename(self) -> str:
        return f"role_{self.name.lower()}"


LOWEST_ROLE: dict[str, Role] = {
    "organization.view": Role.VIEWER,
    "organization.edit": Role.ADMIN,
    "organization.delete": Role.OWNER,
    "organization.purge": Role.OWNER,
    "organization.set_retention": Role.OWNER,
    "mfa_policy.edit": Role.OWNER,
    "member.view": Role.VIEWER,
    "member.edit": Role.ADMIN,
    "owner.edit": Role.OWNER,
    "role.edit": Role.ADMIN,
    "team.edit": Role.ADMIN,
    "project.view": Role.VIEWER,
    "project.create": Role.ADMIN,
    "project.edit": Role.ADMIN,
    "project.delete": Role.ADMIN,
    "environment.view": Role.VIEWER,
    "environment.create": Role.ADMIN,
    "environment.edit": Role.ADMIN,
    "environment.delete": Role.ADMIN,
    "environment.change_protected": Role.ADMIN,
    "api_key.view": Role.MEMBER,
    "api_key.create": Role.ADMIN,
    "api_key.edit": Role.ADMIN,
    "api_key.rotate": Role.ADMIN,
    "api_key.revoke": Role.ADMIN,
    "webhook.view": Role.ADMIN,
    "webhook.create": Role.ADMIN,
    "webhook.edit": Role.ADMIN,
    "webhook.rotate": Role.ADMIN,
    "webhook.test": Role.ADMIN,
    "webhook.replay": Role.ADMIN,
    "webhook.delete": Role.ADMIN,
    "alert.view": Role.ADMIN,
    "alert.edit": Role.ADMIN,
    "audit.view": Role.MEMBER,
    "flag.view": Role.VIEWER,
    "flag.create": Role.MEMBER,
    "flag.edit": Role.MEMBER,
    "flag.toggle": Role.MEMBER,
    "flag.kill": Role.MEMBER,
    "flag.configure": Role.MEMBER,
    "flag.roll_back": Role.MEMBER,
    "flag.archive": Role.MEMBER,
    "flag.delete": Role.ADMIN,
    "trigger.view": Role.MEMBER,
    "trigger.create": Role.MEMBER,
    "trigger.revoke": Role.MEMBER,
    "rollout.view": Role.VIEWER,
    "rollout.create": Role.MEMBER,
    "rollout.start": Role.MEMBER,
    "rollout.pause": Role.MEMBER,
    "rollout.resume": Role.MEMBER,
    "rollout.next": Role.MEMBER,
    "rollout.stop": Role.MEMBER,
    "rollout.roll_back": Role.MEMBER,
    "guardrail.view": Role.VIEWER,
    "guardrail.create": Role.MEMBER,
    "guardrail.edit": Role.MEMBER,
    "guardrail.arm": Role.MEMBER,
    "guardrail.dismiss": Role.MEMBER,
    "guardrail.connect": Role.ADMIN,
    "guardrail.delete": Role.ADMIN,
    "attribute.classify": Role.ADMIN,
    "attribute.forget": Role.ADMIN,
    "metric.view": Role.VIEWER,
    "metric.create": Role.MEMBER,
    "metric.edit": Role.MEMBER,
    "metric.delete": Role.ADMIN,
    "experiment.view": Role.VIEWER,
    "experiment.create": Role.MEMBER,
    "experiment.edit": Role.MEMBER,
    "experiment.start": Role.MEMBER,
    "experiment.stop": Role.MEMBER,
    "experiment.conclude": Role.MEMBER,
    "experiment.delete": Role.ADMIN,
    "exclusion_group.view": Role.VIEWER,
    "exclusion_group.create": Role.MEMBER,
    "exclusion_group.edit": Role.MEMBER,
    "exclusion_group.delete": Role.ADMIN,
    "segment.view": Role.VIEWER,
    "segment.create": Role.MEMBER,
    "segment.edit": Role.MEMBER,
    "segment.delete": Role.ADMIN,
}

VERBS = {role: frozenset(verb for verb, lowest in LOWEST_ROLE.items() if lowest <= role) for role in Role}

# Verbs that change what an environment serves: in a protected one they need this one besides, or a role that carries them
# on that environment itself.
THROUGH_PROTECTION = "environment.change_protected"
GUARDED_BY_PROTECTION = frozenset(
    {
        "flag.edit",
        "flag.toggle",
        "flag.kill",
        "flag.configure",
        "flag.roll_back",
        "flag.archive",
        "flag.delete",
        "trigger.create",
        "experiment.start",
        "experiment.conclude",
        "rollout.create",
        "rollout.start",
        "rollout.resume",
        "rollout.next",
        "rollout.roll_back",
        "guardrail.create",
        "guardrail.edit",
        "guardrail.arm",
        "guardrail.dismiss",
        "guardrail.delete",
        "segment.edit",
        "segment.delete",
    }
)

# Verbs that an organization's own roles are made of; what owners alone may do is not among them.
GIVEABLE = tuple(verb for verb, lowest in LOWEST_ROLE.items() if lowest < Role.OWNER)
# In every role, since nobody changes what they do not see; also in one that was stored before it was in this list.
ALWAYS_GIVEN = frozenset(
    f"{thing}.view"
    for thing in (
        *("organization", "project", "environment", "flag", "segment"),
        *("rollout", "guardrail", "metric", "experiment", "exclusion_group"),
    )
)


def completed(verbs: Collection[str]) -> list[str]:
    """The verbs in the order of the table, with those that every role has and the look at what is changed."""
    looks = {f"{verb.partition('.')[0]}.view" for verb in verbs}
    return [verb for verb in LOWEST_ROLE if verb in ALWAYS_GIVEN or verb in looks or verb in verbs]
