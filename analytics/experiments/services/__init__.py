"""Every change to metrics, exclusion groups and experiments: permission → lock → change → history and audit → outbox."""

from analytics.experiments.services.drafts import create_experiment, delete_experiment, edit_experiment, put_experiment
from analytics.experiments.services.groups import create_group, delete_group, edit_group, put_group
from analytics.experiments.services.metrics import create_metric, delete_metric, edit_metric, put_metric
from analytics.experiments.services.running import conclude_experiment, start_experiment, stop_experiment

__all__ = [
    "conclude_experiment",
    "create_experiment",
    "create_group",
    "create_metric",
    "delete_experiment",
    "delete_group",
    "delete_metric",
    "edit_experiment",
    "edit_group",
    "edit_metric",
    "put_experiment",
    "put_group",
    "put_metric",
    "start_experiment",
    "stop_experiment",
]
