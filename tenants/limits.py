"""How many of a thing an organization may have: its own limit, else the instance's. Creating one more than that is refused."""

from collections.abc import Callable
from typing import Any

from tenants import runtime
from tenants.models import ApiKey, Environment, Membership, Organization, Project
from tenants.problems import TooMany

WHO_RAISES_IT = "Whoever runs this server can raise it."

# What each limit counts, as people say it. An organization may have its own of these.
NOUNS = {
    "projects": "projects",
    "members": "members",
    "api_keys": "API keys in use",
    "environments_per_project": "environments",
    "flags_per_project": "flags",
    "segments_per_project": "segments",
    "targets_per_flag": "targets",
    "rules_per_flag": "rules",
    "token_requests_per_minute": "requests a minute by one token",
    "sdk_requests_per_second": "requests a second to one process by client and server keys",
    "streams": "streams open at one process by client and server keys",
}
# The rows that count, in an organization or in a project of it.
COUNTED: dict[str, Callable[[Any], Any]] = {
    "projects": lambda organization: Project.objects.filter(organization=organization),
    "members": lambda organization: Membership.objects.filter(organization=organization),
    "api_keys": lambda organization: ApiKey.objects.usable().filter(organization=organization),
    "environments_per_project": lambda project: Environment.objects.filter(project=project),
    "flags_per_project": lambda project: project.flags.filter(deleted_at__isnull=True),
    "segments_per_project": lambda project: project.segments.filter(deleted_at__isnull=True),
}


def limit(organization: Organization, name: str) -> int:
    own = organization.limits.get(name)
    return own if isinstance(own, int) else runtime.number(f"limits.{name}")


def refuse_one_more(place: Organization | Project, name: str) -> None:
    """Raises `TooMany` where the place is full. Whoever calls holds its lock, so that two creations do not both fit."""
    organization = place if isinstance(place, Organization) else place.organization
    used, most = COUNTED[name](place).count(), limit(organization, name)
    if used >= most:
        whose = "it allows" if place is organization else f"{organization} allows"
        raise TooMany(
            f"{place} has {used:,} {NOUNS[name]}, which is all that {whose} ({name}: {most:,}). {WHO_RAISES_IT}"
        )
