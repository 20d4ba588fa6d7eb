"""How many of a thing an organization may have."""

from typing import Any

from django.conf import settings

from tenants.models import Organization

DEFAULTS = {
    "flags_per_project": 5_000,
    "segments_per_project": 1_000,
    "targets_per_flag": 10_000,
    "rules_per_flag": 200,
}


def limit(organization: Organization, name: str) -> int:
    """The organization's own limit, else the instance's, else the default.

    The last two defaults are also as much as `evaluation.core.parse` takes: there, an own limit can only be lower.
    """
    for source in (organization.limits, settings.LIMITS, DEFAULTS):
        if isinstance(given := source.get(name), int):
            return given
    raise KeyError(name)


def count_targets(targets: list[dict[str, Any]]) -> int:
    return sum(len(target["values"]) for target in targets)
