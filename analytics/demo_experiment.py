"""The demo's experiment: does semantic search sell more? Two weeks of it, so that its pages have something to show."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from analytics.experiments import services
from analytics.experiments.selectors import shape_of
from analytics.experiments.subjects import hash_of
from analytics.models import Enrolment, Experiment, Outcome
from flags import documents
from flags.demo import ORGANIZATION, PROJECT
from flags.models import FlagConfig
from tenants import outbox
from tenants.actors import Actor
from tenants.api.documents import moment
from tenants.models import Project

FLAG, ENVIRONMENT, RULE, EVENT = "search-engine", "production", "a-fifth", "order"
WEEKS = timedelta(weeks=2)
OF_EACH = 2_000
# Every so many of each variant's people order something.
ONE_IN = {"classic": 12, "semantic": 8}
METRICS = (
    {
        "key": "orders",
        "name": "Orders",
        "kind": "conversion",
        "event": EVENT,
        "description": "Whether somebody orders.",
    },
    {"key": "order-value", "name": "Order value", "kind": "mean", "event": EVENT, "cap": 500},
)
BODY = {
    "key": "semantic-search",
    "name": "Does semantic search sell more?",
    "hypothesis": "Who finds what they mean, and not what they typed, orders more often.",
    "flag": FLAG,
    "environment": ENVIRONMENT,
    "rule": RULE,
    "control": "classic",
    "weights": {"classic": 50, "semantic": 50},
    "traffic": 20,
    "primary_metric": "orders",
    "metrics": ["order-value"],
}


def tell(*, now: datetime) -> None:
    """The experiment as if its rule had been written by it, and whom it met since. What the flag serves stays as it is."""
    with transaction.atomic():
        _make(now)
    outbox.drain()


def _make(now: datetime) -> None:
    project, actor = Project.objects.get(key=PROJECT, organization__slug=ORGANIZATION), Actor.system("demo")
    for metric in METRICS:
        services.create_metric(project, metric, actor=actor)
    experiment = services.create_experiment(project, BODY, actor=actor).thing
    _begin(experiment, now - WEEKS)
    for variant in experiment.variants:
        Enrolment.with_deleted.bulk_create(_enrolments(experiment, variant, now - WEEKS))
        Outcome.with_deleted.bulk_create(_outcomes(experiment, variant, now - WEEKS))


def _begin(experiment: Experiment, at: datetime) -> None:
    config = FlagConfig.objects.get(flag=experiment.flag, environment=experiment.environment)
    split = documents.splits_of(config)[RULE]
    homes: dict[str, list[Any]] = {variant: [] for variant in experiment.variants}
    for variant, first, past in split["ranges"]:
        if variant is not None:
            homes[variant].append([first, past])
    entry = {"at": moment(at), "version": config.version, "traffic": experiment.traffic, "split": shape_of(split)}
    begun = {"status": "running", "started_at": at, "salt": split["salt"], "homes": homes, "splits": [entry]}
    Experiment.objects.filter(pk=experiment.pk).update(**begun)
    experiment.refresh_from_db()


def _met(experiment: Experiment, variant: str, began: datetime) -> Iterator[tuple[int, bytes, datetime]]:
    """Number, subject, and when they met it first: evenly over the weeks."""
    for number in range(OF_EACH):
        subject = hash_of(f"demo-{variant}-{number}", experiment.environment_id)
        yield number, subject, began + WEEKS * number / OF_EACH


def _enrolments(experiment: Experiment, variant: str, began: datetime) -> Iterator[Enrolment]:
    for _, subject, at in _met(experiment, variant, began):
        yield Enrolment(
            organization_id=experiment.organization_id,
            experiment=experiment,
            subject=subject,
            variant=variant,
            first_at=at,
            is_public=False,
        )


def _outcomes(experiment: Experiment, variant: str, began: datetime) -> Iterator[Outcome]:
    """Some minutes after they met it, in batches whose numbers no real one has."""
    batch = -1 - experiment.variants.index(variant)
    for number, subject, at in _met(experiment, variant, began):
        if number % ONE_IN[variant] == 0:
            yield Outcome(
                organization_id=experiment.organization_id,
                environment=experiment.environment,
                event=EVENT,
                subject=subject,
                at=at + timedelta(minutes=3),
                value=20.0 + number % 90,
                is_public=False,
                batch=batch,
                position=number,
            )
