"""What the OpenAPI document says about metrics, exclusion groups and experiments."""

from typing import Any

from analytics.models import Experiment
from tenants.api.describe import acts, creates, deletes, described, lists, patches, puts, query, reads


def _one(name: str, of: str) -> Any:
    return described(
        get=reads(f"{name}_get", of),
        put=puts(f"{name}_put", of, f"{of}Body", versioned=True),
        patch=patches(f"{name}_edit", of, f"{of}Body", versioned=True),
        delete=deletes(f"{name}_delete", versioned=True),
    )


metrics = described(
    get=lists("metric_list", "Metric"),
    post=creates(
        "metric_create", "Metric", "MetricNew", {"key": "purchases", "kind": "conversion", "event": "purchase"}
    ),
)
metric = _one("metric", "Metric")
groups = described(
    get=lists("exclusion_group_list", "ExclusionGroup"),
    post=creates("exclusion_group_create", "ExclusionGroup", "ExclusionGroupNew", {"key": "pages", "holdout": 5}),
)
group = _one("exclusion_group", "ExclusionGroup")
holdout = described(
    get=reads(
        "exclusion_group_holdout",
        "Holdout",
        query("environment", "The environment's key."),
        query("metric", "The metric's key: its event is looked at."),
    )
)
experiments = described(
    get=lists(
        "experiment_list",
        "Experiment",
        query("flag", "Only those of this flag."),
        query("environment", "Only those of this environment."),
        query("status", "Only those that are so.", enum=Experiment.Status.values),
    ),
    post=creates(
        "experiment_create",
        "Experiment",
        "ExperimentNew",
        {
            "key": "checkout-cta",
            "flag": "new-checkout",
            "environment": "production",
            "control": "off",
            "weights": {"off": 50, "on": 50},
            "traffic": 20,
            "primary_metric": "purchases",
        },
    ),
)
experiment = _one("experiment", "Experiment")
start_experiment = described(post=acts("experiment_start", "Experiment", versioned=True))
stop_experiment = described(post=acts("experiment_stop", "Experiment", versioned=True))
conclude_experiment = described(
    post=acts("experiment_conclude", "Experiment", "ConcludeBody", {"winner": "on"}, versioned=True)
)
