"""What metrics, exclusion groups and experiments there are, who takes part, and what somebody else did to the split meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from analytics.models import Enrolment, ExclusionGroup, Experiment, Metric
from flags import selectors as flag_selectors
from flags.documents.splits import splits_of
from flags.models import Flag
from flags.selectors import with_key
from tenants.actors import Actor
from tenants.models import Environment, Project

MOST_VERSIONS = 500


def metrics_of(project: Project, actor: Actor) -> Any:
    """A queryset, by key."""
    return Metric.objects.visible_to(actor).filter(project=project).order_by("key")


def find_metric(project: Project, key: str, actor: Actor) -> Metric | None:
    found: Metric | None = with_key(Metric.objects, project, key).visible_to(actor).first()
    return found


def groups_of(project: Project, actor: Actor) -> Any:
    """A queryset, by key."""
    return ExclusionGroup.objects.visible_to(actor).filter(project=project).order_by("key")


def find_group(project: Project, key: str, actor: Actor) -> ExclusionGroup | None:
    found: ExclusionGroup | None = with_key(ExclusionGroup.objects, project, key).visible_to(actor).first()
    return found


def experiments_of(
    project: Project,
    actor: Actor,
    *,
    flag: Flag | None = None,
    environment: Environment | None = None,
    status: str = "",
) -> Any:
    """A queryset, by key, with flags, environments and groups."""
    asked: dict[str, Any] = {"flag": flag, "environment": environment, "status": status or None}
    rows = Experiment.objects.visible_to(actor).filter(project=project)
    wanted = {name: value for name, value in asked.items() if value is not None}
    return rows.filter(**wanted).select_related("flag", "environment", "group", "project").order_by("key")


def find_experiment(project: Project, key: str, actor: Actor) -> Experiment | None:
    rows = with_key(Experiment.objects, project, key).visible_to(actor)
    found: Experiment | None = rows.select_related("flag", "environment", "group", "project", "organization").first()
    return found


def experiments_measured_by(metric: Metric) -> list[Experiment]:
    """By key, but for those of deleted flags. Their keys of metrics lie in documents, so all of the project are looked at."""
    rows = Experiment.objects.filter(project=metric.project).order_by("key")
    return [each for each in rows if metric.key in each.metric_keys]


def metrics_named_by(experiment: Experiment) -> list[Metric]:
    """The primary one first, then the others, then the guardrail metrics; in one query."""
    rows = Metric.with_deleted.filter(project=experiment.project_id, key__in=experiment.metric_keys)
    by_key = {row.key: row for row in rows}
    return [by_key[key] for key in experiment.metric_keys if key in by_key]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """How many subjects take part, by the variant that they met first.

    Of these, `switched` met another one too, and `public` are known by client keys alone. `days` are the subjects by the day (in
    UTC) on which they met it first.
    """

    subjects: Mapping[str, int] = field(default_factory=dict)
    switched: Mapping[str, int] = field(default_factory=dict)
    public: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[date, Mapping[str, int]] = field(default_factory=dict)


def enrolled(experiment: Experiment) -> Enrolled:
    """In one query over the experiment's rows."""
    rows = Enrolment.with_deleted.filter(experiment=experiment).annotate(day=TruncDate("first_at", tzinfo=UTC))
    counts = rows.values("day", "variant").annotate(
        subjects=Count("id"),
        switched=Count("id", filter=Q(switched_at__isnull=False)),
        public=Count("id", filter=Q(is_public=True)),
    )
    days: dict[date, dict[str, int]] = {}
    sums = {said: dict.fromkeys(experiment.variants, 0) for said in ("subjects", "switched", "public")}
    for row in counts.order_by("day", "variant"):
        if row["variant"] in experiment.variants:
            days.setdefault(row["day"], {})[row["variant"]] = row["subjects"]
            for said, of_variants in sums.items():
                of_variants[row["variant"]] += row[said]
    return Enrolled(**sums, days=days)


@dataclass(frozen=True, slots=True)
class Intervention:
    """Somebody else changed what the experiment stands on: what, who, when, and until when (None: still)."""

    what: str
    at: datetime
    by: str
    version: int
    until: datetime | None = None


def interventions_in(experiment: Experiment) -> Sequence[Intervention]:
    """What was done to the split by hand from the start to the stop, oldest first; in one query."""
    if not experiment.splits:
        return ()
    columns = ("history_date", "version", "rules", "fallthrough", "enabled", "updated_by_name")
    first = experiment.splits[0]["version"]
    rows = flag_selectors.versions_of(experiment.flag, experiment.environment).filter(version__gt=first)
    if experiment.stopped_at is not None:
        rows = rows.filter(history_date__lte=experiment.stopped_at)
    found: list[Intervention] = []
    for row in reversed(list(rows.values(*columns)[:MOST_VERSIONS])):
        _follow(experiment, row, found)
    return _with_archived(experiment, found)


def _with_archived(experiment: Experiment, found: list[Intervention]) -> list[Intervention]:
    """Clients know nothing of an archived flag, whatever its state says; until it is unarchived that comes to being off."""
    at, disturbed = experiment.flag.archived_at, bool(found) and found[-1].until is None
    if at is None or disturbed or at > (experiment.stopped_at or at):
        return found
    return [*found, Intervention("off", at, "", experiment.splits[-1]["version"])]


def _follow(experiment: Experiment, row: Mapping[str, Any], found: list[Intervention]) -> None:
    what, at = what_is_wrong(experiment, row), row["history_date"]
    last = found[-1] if found and found[-1].until is None else None
    if last is not None and last.what != what:
        found[-1] = Intervention(last.what, last.at, last.by, last.version, at)
    if what and (last is None or last.what != what):
        found.append(Intervention(what, at, row["updated_by_name"], row["version"]))


def what_is_wrong(experiment: Experiment, row: Mapping[str, Any]) -> str:
    """Of a version of the flag's state: `rule-gone`, `split-changed`, `off`, or "" where all is as the experiment wrote it."""
    written = [each for each in experiment.splits if each["version"] <= row["version"]]
    splits, rule = splits_of(row["rules"], row["fallthrough"]), experiment.rule_id or None
    if rule is not None and rule not in [each["id"] for each in row["rules"]]:
        return "rule-gone"
    if rule not in splits or shape_of(splits[rule]) != written[-1]["split"]:
        return "split-changed"
    return "" if row["enabled"] else "off"


def shape_of(split: Mapping[str, Any]) -> dict[str, Any]:
    """What decides who gets what: the salt, what tells people apart, and the ranges."""
    return {"by": split.get("by"), "salt": split.get("salt"), "ranges": [list(each) for each in split["ranges"]]}


def clean_since(experiment: Experiment, interventions: Sequence[Intervention]) -> datetime | None:
    """From when to its stop the split was the experiment's own; None where it is not, or the experiment never ran."""
    if not interventions:
        return experiment.started_at
    return interventions[-1].until
