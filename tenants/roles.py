"""Roles and the verbs they carry: one literal table."""

from django.db import models


class Role(models.IntegerChoices):
    """Four roles; a higher one may do all that a lower one may."""

    VIEWER = 1, "viewer"
    MEMBER = 2, "member"
    ADMIN = 3, "admin"
    OWNER = 4, "owner"


LOWEST_ROLE: dict[str, Role] = {
    "organization.view": Role.VIEWER,
    "organization.edit": Role.ADMIN,
    "organization.delete": Role.OWNER,
    "member.view": Role.VIEWER,
    "member.edit": Role.ADMIN,
    "owner.edit": Role.OWNER,
    "project.view": Role.VIEWER,
    "project.create": Role.ADMIN,
    "project.edit": Role.ADMIN,
    "project.delete": Role.ADMIN,
    "environment.view": Role.VIEWER,
    "environment.create": Role.ADMIN,
    "environment.edit": Role.ADMIN,
    "environment.delete": Role.ADMIN,
    "api_key.view": Role.MEMBER,
    "api_key.create": Role.ADMIN,
    "api_key.edit": Role.ADMIN,
    "api_key.rotate": Role.ADMIN,
    "api_key.revoke": Role.ADMIN,
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
    "segment.view": Role.VIEWER,
    "segment.create": Role.MEMBER,
    "segment.edit": Role.MEMBER,
    "segment.delete": Role.ADMIN,
}

# Verbs that change what an environment serves: in a protected one they need admin, or a grant on that environment itself.
GUARDED_BY_PROTECTION = frozenset(
    {
        "flag.edit",
        "flag.toggle",
        "flag.kill",
        "flag.configure",
        "flag.roll_back",
        "flag.archive",
        "flag.delete",
        "segment.edit",
        "segment.delete",
    }
)
