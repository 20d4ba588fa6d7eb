"""How much of its limits an organization uses."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from tenants.limits import COUNTED, NOUNS, limit
from tenants.models import Organization, Project

# From here on people are warned.
NEAR_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Usage:
    """`used` of `most`. Where each project has so many of its own, `project` is the fullest; None for the whole organization.

    `used` is None for what is counted in each flag.
    """

    name: str
    used: int | None
    most: int
    is_own: bool
    project: Project | None = None

    @property
    def noun(self) -> str:
        return NOUNS[self.name]

    @property
    def is_free(self) -> bool:
        """0 requests or streams would be nothing to limit: it means as many as one likes."""
        return self.used is None and not self.most and not self.name.endswith("_per_flag")

    @property
    def percent(self) -> int:
        return 100 * (self.used or 0) // self.most if self.most else 100

    @property
    def is_near(self) -> bool:
        return self.used is not None and self.percent >= NEAR_PERCENT

    @property
    def is_full(self) -> bool:
        return self.used is not None and self.used >= self.most


def usages_of(organization: Organization) -> list[Usage]:
    """Every limit, in one query each."""
    return [_usage(organization, name) for name in NOUNS]


def usage_in(place: Organization | Project, name: str, used: int | None = None) -> Usage:
    """One limit where one stands; counted now, unless somebody has counted."""
    organization = place if isinstance(place, Organization) else place.organization
    used = COUNTED[name](place).count() if used is None else used
    return Usage(name, used, limit(organization, name), name in organization.limits)


def _usage(organization: Organization, name: str) -> Usage:
    if name not in COUNTED:
        return Usage(name, None, limit(organization, name), name in organization.limits)
    if not name.endswith("_per_project"):
        return usage_in(organization, name)
    fullest = _fullest(organization, name.removesuffix("_per_project"))
    used = fullest.used if fullest is not None else 0
    return Usage(name, used, limit(organization, name), name in organization.limits, fullest)


def _fullest(organization: Organization, rows: str) -> Any:
    """The project with the most living rows of that kind, as `used`; None where there is no project."""
    living = Count(rows, filter=Q(**{f"{rows}__deleted_at__isnull": True}))
    return Project.objects.filter(organization=organization).annotate(used=living).order_by("-used", "name").first()
