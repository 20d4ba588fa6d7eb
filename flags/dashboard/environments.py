"""A flag in all environments at once: one column each, to read and to switch; whoever edits goes to one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from flags import documents, parts
from flags.dashboard.actions import flag_page
from flags.dashboard.desk import states_of
from flags.dashboard.parts import lines_of, title_of
from flags.dashboard.rows import columns_of
from flags.models import Flag, FlagConfig
from tenants.dashboard.doors import PageRequest, show


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """`reason` says why its switch is locked; "" where it is not."""

    config: FlagConfig
    parts: Sequence[Part]
    may_kill: bool
    reason: str


ARCHIVED = "Archived flags are not evaluated: unarchive it first."


@flag_page
@require_safe
def environments(request: PageRequest, flag: Flag) -> HttpResponse:
    configs = states_of(flag, request.actor)
    rights = columns_of([config.environment for config in configs.values()], request.actor)
    columns = []
    for right, config in zip(rights, configs.values(), strict=True):
        reason = ARCHIVED if flag.archived_at else "" if right.may_toggle else right.reason
        columns.append(Column(config, parts_of(config), right.may_kill and config.enabled, reason))
    return show(request, "flags/environments.html", {"flag": flag, "configs": configs, "columns": columns})


def parts_of(config: FlagConfig) -> list[Part]:
    """What is there, in the order of evaluation; the switch stands above."""
    body = documents.config_body(config)
    names = [name for name in parts.parts_of(body) if name not in ("enabled", "order")]
    shown = [name for name in names if parts.held(name, body) or name in ("fallthrough", "off")]
    return [Part(title_of(name, body), lines_of(name, body, body)) for name in shown]
