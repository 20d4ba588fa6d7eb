"""What these services do alike: hold the project first, compare versions, refuse what is taken, and tell of what was done."""

from collections.abc import Mapping
from typing import Any, TypeVar

from analytics.experiments.documents import experiment_document, group_document, metric_document
from analytics.models import ExclusionGroup, Experiment, Metric
from flags.services import Saved
from flags.services.saving import assign, check_version, environments_of, keep
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import locked, remove
from tenants.problems import Conflict, TooMany

Thing = TypeVar("Thing", Metric, ExclusionGroup, Experiment)
# So many of each in a project.
MOST = {Metric: 500, ExclusionGroup: 100, Experiment: 1_000}
# As the audit log, webhooks and roles call each.
WORDS = {Metric: "metric", ExclusionGroup: "exclusion_group", Experiment: "experiment"}
_DOCUMENTS: Mapping[Any, Any] = {
    Metric: metric_document,
    ExclusionGroup: group_document,
    Experiment: experiment_document,
}


def document_of(thing: Any) -> dict[str, Any]:
    document: dict[str, Any] = _DOCUMENTS[type(thing)](thing)
    return document


def held(thing: Thing, version: int | None) -> Thing:
    """The thing as it is now, after its project, so that nobody begins to use it meanwhile."""
    project = locked(thing.project)
    thing = locked(thing)
    thing.project = project
    check_version(thing, version)
    return thing


def added(thing: Thing, actor: Actor, comment: str) -> Saved[Thing]:
    """The new thing, in its project, which is locked."""
    rows = type(thing).with_deleted.filter(project=thing.project)
    if rows.filter(key__iexact=thing.key).exists():
        raise Conflict(f'"{thing.key}" exists already.')
    if rows.count() >= (most := MOST[type(thing)]):
        raise TooMany(f"{thing.project} has {most:,} of these, which is all that there may be. Delete one first.")
    keep(thing, (), actor, comment)
    tell(thing, "created", None, actor, comment)
    return Saved(thing)


def altered(thing: Thing, fields: dict[str, Any], actor: Actor, comment: str) -> Saved[Thing]:
    """The thing with these columns; a change of nothing writes nothing."""
    before = document_of(thing)
    changed = assign(thing, fields)
    if not changed:
        return Saved(thing, changed=False)
    keep(thing, changed, actor, comment)
    tell(thing, "edited", before, actor, comment)
    return Saved(thing)


def removed(thing: Thing, actor: Actor, comment: str) -> None:
    before, pk = document_of(thing), thing.pk
    remove(thing, actor=actor, comment=comment)
    thing.pk = pk  # for the log
    _tell(thing, "deleted", before, None, actor, comment)


def tell(thing: Any, what: str, before: Any, actor: Actor, comment: str) -> None:
    _tell(thing, what, before, document_of(thing), actor, comment)


def _tell(thing: Any, what: str, before: Any, after: Any, actor: Actor, comment: str) -> None:
    topic, payload = f"{WORDS[type(thing)]}.{what}", {"key": thing.key, "version": thing.version}
    audit.record(actor, topic, thing, before, after, comment=comment)
    if isinstance(thing, Experiment):
        outbox.put(topic, thing.environment, payload)
    else:
        outbox.put_everywhere(topic, environments_of(thing.project), payload)
