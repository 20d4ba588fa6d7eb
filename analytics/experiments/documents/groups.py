"""An exclusion group as plain data."""

from collections.abc import Mapping
from typing import Any

from analytics.experiments.documents import readers
from analytics.experiments.documents.readers import changed, per_cent, read
from analytics.models import ExclusionGroup
from flags.documents.report import Report
from tenants.api.documents import moment

READERS = {"key": readers.KEY, "name": readers.NAME, "description": readers.PROSE, "holdout": per_cent(0)}
DEFAULTS = {"description": "", "holdout": 0.0}


def parse_group(body: object) -> dict[str, Any]:
    """The columns of a whole group. Raises Invalid with the path of each fault."""
    report = Report()
    fields = read(body, READERS, DEFAULTS, report)
    report.settle()
    return fields


def whole_group(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the defaults of what it leaves out, but for the name."""
    return {**DEFAULTS, **body}


def parse_group_changes(group: ExclusionGroup, body: object) -> dict[str, Any]:
    """The columns that a partial body comes to."""
    return parse_group(changed(group, _written(group), body, READERS))


def group_document(group: ExclusionGroup, free: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The answer of the management API; `free` is how many per cent no experiment has, by the environment's key."""
    said = {} if free is None else {"free": dict(free)}
    return _written(group) | said | {"version": group.version, "updated_at": moment(group.updated_at)}


def _written(group: ExclusionGroup) -> dict[str, Any]:
    return {name: getattr(group, name) for name in READERS}
