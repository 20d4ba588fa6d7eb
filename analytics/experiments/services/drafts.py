"""Making, changing and deleting experiments."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from analytics.experiments import documents
from analytics.experiments.services.running import with_traffic
from analytics.experiments.services.saving import added, altered, held, removed
from analytics.models import Enrolment, ExclusionGroup, Experiment, Metric
from evaluation.core.values import quoted
from flags.models import Flag
from flags.selectors import with_key
from flags.services import Saved
from flags.services.saving import same
from tenants.actors import Actor
from tenants.changes import check, locked
from tenants.models import Environment, Project
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid

Status = Experiment.Status
FOR_GOOD = ("flag", "environment")
# What may still be changed, by what the experiment is doing.
CHANGEABLE = {
    Status.RUNNING: ("name", "hypothesis", "metrics", "guardrail_metrics", "traffic"),
    Status.STOPPED: ("name", "hypothesis"),
    Status.CONCLUDED: ("name", "hypothesis"),
}


def create_experiment(project: Project, body: object, *, actor: Actor, comment: str = "") -> Saved[Experiment]:
    """A draft, which changes nothing yet. It takes the right in its environment."""
    members = documents.parse_experiment(body)
    columns = _columns(project, members, actor)
    experiment = Experiment(organization_id=project.organization_id, project=project, **columns)
    require(actor, "experiment.create", experiment)
    with transaction.atomic():
        experiment.project = locked(project)
        _check_metrics(experiment.project, columns)
        experiment.created_by = actor.user
        return added(experiment, actor, comment)


def edit_experiment(
    experiment: Experiment, changes: object, *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Experiment]:
    """What a partial body names: of a draft all but flag and environment, else what `CHANGEABLE` has.

    More or less traffic of a running one changes the flag in the same transaction; nobody goes from one variant to another.
    """
    require(actor, "experiment.edit", experiment)
    with transaction.atomic():
        experiment = held(experiment, version)
        members = documents.parse_experiment_changes(experiment, changes)
        _refuse_for_good(experiment, members)
        columns = _columns(experiment.project, members, actor, of_old=experiment.status != Status.DRAFT)
        _check_metrics(experiment.project, columns)
        if experiment.status == Status.RUNNING and columns["traffic"] != experiment.traffic:
            columns |= with_traffic(experiment, columns["traffic"], actor=actor, comment=comment)
        return altered(experiment, columns, actor, comment)


def put_experiment(
    project: Project, body: dict[str, Any], *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Experiment]:
    """Create the experiment of this key, or make it what the whole body says."""
    experiment = with_key(Experiment.objects, project, body.get("key")).first()
    if experiment is None:
        return create_experiment(project, body, actor=actor, comment=comment)
    whole = documents.whole_experiment(body)
    return edit_experiment(experiment, whole, version=version, actor=actor, comment=comment)


def delete_experiment(experiment: Experiment, *, version: int | None = None, actor: Actor, comment: str = "") -> None:
    """With who took part, in one statement. Refused while it runs."""
    require(actor, "experiment.delete", experiment)
    check(None, comment)
    with transaction.atomic():
        experiment = held(experiment, version)
        if experiment.status == Status.RUNNING:
            raise Conflict(f"{experiment.key} is running; stop it first.")
        Enrolment.with_deleted.filter(experiment=experiment)._raw_delete(Enrolment.with_deleted.db)
        removed(experiment, actor, comment)


def _columns(project: Project, members: dict[str, Any], actor: Actor, *, of_old: bool = False) -> dict[str, Any]:
    """The columns of a whole body, with what it names by key; raises Invalid where that is not there.

    of_old: the weights are those that the experiment began with, whatever became of the flag's variants since
    """
    faults: list[Fault] = []

    def named(member: str, rows: Any) -> Any:
        key = members[member]
        thing = rows.first() if key is not None else None
        if thing is None and key is not None:
            faults.append(Fault(member, f"there is no {member} {quoted(key)} in this project"))
        return thing

    flags = with_key(Flag.objects, project, members["flag"]).visible_to(actor)
    environments = Environment.objects.visible_to(actor).filter(project=project, key=members["environment"])
    found = {
        "flag": named("flag", flags),
        "environment": named("environment", environments.select_related("project", "organization")),
        "group": named("group", with_key(ExclusionGroup.objects, project, members["group"]).visible_to(actor)),
    }
    if found["flag"] is not None and not of_old:
        faults += _strange_variants(found["flag"], members["weights"])
    if faults:
        raise Invalid(faults)
    written = {name: value for name, value in members.items() if name not in ("rule", "primary_metric")}
    return written | found | {"rule_id": members["rule"] or "", "primary_metric": members["primary_metric"] or ""}


def _strange_variants(flag: Flag, weights: dict[str, Any]) -> Iterator[Fault]:
    for name in weights:
        if name not in flag.variants:
            yield Fault(f"weights.{name}", f"the flag has no such variant; it has {', '.join(flag.variants)}")


def _check_metrics(project: Project, columns: dict[str, Any]) -> None:
    """The project is locked, so that nobody deletes one meanwhile."""
    named = {name: columns[name] for name in ("metrics", "guardrail_metrics")}
    named["primary_metric"] = [columns["primary_metric"]] if columns["primary_metric"] else []
    keys = {key for several in named.values() for key in several}
    there = set(Metric.with_deleted.filter(project=project, key__in=keys).values_list("key", flat=True))
    faults = [
        Fault(path, f"there is no metric {quoted(key)} in this project")
        for path, several in named.items()
        for key in several
        if key not in there
    ]
    if faults:
        raise Invalid(faults)


def _refuse_for_good(experiment: Experiment, members: dict[str, Any]) -> None:
    written = documents.written_experiment(experiment)
    changed = [name for name in written if not same(written[name], members[name])]
    faults = [Fault(name, "never changes; make another experiment") for name in changed if name in FOR_GOOD]
    if faults:
        raise Invalid(faults)
    allowed = CHANGEABLE.get(Status(experiment.status), tuple(written))
    if refused := [name for name in changed if name not in allowed]:
        raise Conflict(
            f"{experiment.key} is {experiment.status}: {', '.join(refused)} cannot be changed any more, "
            f"only {', '.join(allowed)}."
        )
