"""Metrics: what is measured of each subject."""

from analytics.api.experiments import schema
from analytics.api.experiments.doors import Kind, Listing, OneThing
from analytics.experiments import documents, selectors, services

METRIC = Kind(
    "metric",
    selectors.metrics_of,
    selectors.find_metric,
    services.create_metric,
    services.put_metric,
    services.edit_metric,
    services.delete_metric,
    documents.metric_document,
    ("version", "updated_at"),
)


@schema.metrics
class Metrics(Listing):
    """The metrics of a project, by key."""

    kind = METRIC


@schema.metric
class OneMetric(OneThing):
    """One metric."""

    kind = METRIC
