"""Metrics, exclusion groups and experiments as plain data: bodies checked, answers written."""

from analytics.experiments.documents.experiments import (
    experiment_document,
    experiment_in_full,
    parse_experiment,
    parse_experiment_changes,
    whole_experiment,
    written_experiment,
)
from analytics.experiments.documents.groups import group_document, parse_group, parse_group_changes, whole_group
from analytics.experiments.documents.metrics import metric_document, parse_metric, parse_metric_changes, whole_metric

__all__ = [
    "experiment_document",
    "experiment_in_full",
    "group_document",
    "metric_document",
    "parse_experiment",
    "parse_experiment_changes",
    "parse_group",
    "parse_group_changes",
    "parse_metric",
    "parse_metric_changes",
    "whole_experiment",
    "whole_group",
    "whole_metric",
    "written_experiment",
]
