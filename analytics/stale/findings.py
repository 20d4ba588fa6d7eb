"""Which flags of a project are stale, how sure that is, and what stands in the way of archiving them.

All environments of the project have their say, since archiving acts in all; what is shown is cut down to those that one sees.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from analytics.folding import DAYS
from analytics.stale.evidence import Evidence, Facts, Place, evidence_of, sureness, window
from analytics.stale.uses import Uses, uses_in
from flags import references
from flags.dashboard.summaries import shares_of
from flags.lifetimes import stale_after
from flags.models import Flag, FlagConfig, FlagTrigger
from tenants.models import Environment, Project

ALL_PEOPLE = 100.0
# Of so few flags the states alone are asked for.
FEW = 50


@dataclass(frozen=True, slots=True)
class Change:
    """What archiving would change: this environment asked within the last days, and got these variants so often."""

    environment: str
    evaluations: int
    variants: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """A flag with its evidence; without any it is not stale. `needed_by` makes archiving impossible, the rest is good to know."""

    flag: Flag
    evidence: Sequence[Evidence]
    needed_by: Sequence[FlagConfig]
    changes: Sequence[Change]
    triggers: int

    @property
    def sure(self) -> int:
        return sureness(self.evidence)

    @property
    def word(self) -> str:
        return next(word for least, word in WORDS if self.sure >= least)

    @property
    def waiting(self) -> dict[str, list[str]]:
        """The flags that wait for it, and where."""
        found: dict[str, list[str]] = {}
        for config in self.needed_by:
            found.setdefault(config.flag.key, []).append(config.environment.key)
        return found

    @property
    def is_stale(self) -> bool:
        return bool(self.evidence)


WORDS = ((70, "Very likely"), (40, "Likely"), (0, "Possibly"))


def find_all(project: Project, *, now: datetime) -> list[Finding]:
    """The stale flags of a project, the surest first; six queries at most, however many flags there are."""
    flags = Flag.objects.filter(project=project, archived_at__isnull=True, is_permanent=False).select_related("owner")
    found = [each for each in look_at(project, list(flags.order_by("key")), now=now) if each.is_stale]
    return sorted(found, key=lambda each: (-each.sure, each.flag.key))


def look_at(project: Project, flags: Sequence[Flag], *, now: datetime) -> list[Finding]:
    """Each of these flags of the project, stale or not. One that is kept or archived is never stale."""
    environments = list(Environment.objects.filter(project=project))
    after = stale_after(project)
    days, counted = window(after)
    uses = uses_in(environments, days=days, counted=counted, now=now)
    states = states_of(flags, environments)
    needed, triggers = references.needed_in(project), _triggers_of(flags)
    return [
        Finding(
            flag,
            []
            if flag.is_permanent or flag.archived_at
            else evidence_of(facts_of(flag, environments, states, uses, now), after),
            [config for config in needed.get(flag.key, ()) if config.flag_id != flag.pk],
            _changes(flag, environments, uses),
            triggers.get(flag.pk, 0),
        )
        for flag in flags
    ]


@dataclass(frozen=True, slots=True)
class State:
    """What a flag says in an environment; that it has neither rules, targets nor prerequisites is enough to know of these."""

    enabled: bool
    fallthrough: Any
    off_variant: str | None
    updated_at: datetime
    is_plain: bool


States = Mapping[tuple[str, str], State]


def states_of(flags: Sequence[Flag], environments: Sequence[Environment]) -> States:
    rows: Any = FlagConfig.objects.all()
    rows = rows.filter(flag__in=flags) if len(flags) <= FEW else rows.filter(environment__in=environments)
    plain = Q(targets=[]) & Q(rules=[]) & Q(prerequisites__isnull=True)
    rows = rows.filter(flag__archived_at__isnull=True).annotate(is_plain=plain)
    fields = ("enabled", "fallthrough", "off_variant", "updated_at", "is_plain")
    return {
        (flag, environment): State(*state)
        for flag, environment, *state in rows.values_list("flag_id", "environment_id", *fields)
    }


def _triggers_of(flags: Sequence[Flag]) -> dict[str, int]:
    rows = FlagTrigger.objects.filter(flag__project=flags[0].project_id, revoked_at__isnull=True) if flags else ()
    found: dict[str, int] = {}
    for trigger in rows:
        found[trigger.flag_id] = found.get(trigger.flag_id, 0) + 1
    return found


def facts_of(flag: Flag, environments: Sequence[Environment], states: States, uses: Uses, now: datetime) -> Facts:
    some_are_protected = any(each.is_protected for each in environments)
    places = [
        _place(
            flag, each, states.get((flag.pk, each.pk)), uses, now, matters=each.is_protected or not some_are_protected
        )
        for each in environments
    ]
    return Facts(flag.kind, (now - flag.created_at).days, places, DAYS.start_of(now).date())


def _place(
    flag: Flag, environment: Environment, config: State | None, uses: Uses, now: datetime, *, matters: bool
) -> Place:
    """Where nobody ever saved a state, the flag is off since it was made."""
    return Place(
        environment.key,
        matters,
        uses.heard[environment.id],
        uses.of(environment, flag.key),
        is_on=config is not None and config.enabled,
        serves=_serves(config),
        unchanged=(now - (flag.created_at if config is None else config.updated_at)).days,
    )


def _serves(config: State | None) -> str | None:
    """The variant that everybody gets, "" for the code's own default; None where it depends."""
    if config is None or not config.enabled:
        return (config.off_variant or "") if config is not None else ""
    if not config.is_plain:
        return None
    fallthrough = config.fallthrough or {"variant": ""}
    if "variant" in fallthrough:
        return str(fallthrough["variant"])
    whole = [variant for variant, share in shares_of(fallthrough["split"]).items() if share >= ALL_PEOPLE]
    return (whole[0] or "") if whole else None


def _changes(flag: Flag, environments: Iterable[Environment], uses: Uses) -> list[Change]:
    recent = ((each, uses.of(each, flag.key).recent) for each in environments)
    return [Change(each.key, sum(counts.values()), counts) for each, counts in recent if counts]


def seen_by(finding: Finding, seen: Collection[str]) -> Finding:
    """Without what it says of environments other than those of these keys."""
    evidence = [
        replace(
            each,
            witnesses=tuple(one for one in each.witnesses if one.environment in seen),
            silent=tuple(key for key in each.silent if key in seen),
        )
        for each in finding.evidence
    ]
    needed_by = [config for config in finding.needed_by if config.environment.key in seen]
    return replace(
        finding,
        evidence=evidence,
        needed_by=needed_by,
        changes=[one for one in finding.changes if one.environment in seen],
    )
