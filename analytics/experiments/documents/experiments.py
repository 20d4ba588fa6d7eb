"""An experiment as plain data."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from analytics.experiments import placing
from analytics.experiments.documents import readers
from analytics.experiments.documents.readers import changed, key_or_null, keys, per_cent, read
from analytics.experiments.selectors import Enrolled, Intervention
from analytics.models import Experiment
from evaluation.core.values import quoted
from flags.allocation import units
from flags.documents.report import Report
from tenants.api.documents import moment

LEAST_TRAFFIC = 0.001


def _weights(value: Any, path: str, report: Report) -> Any:
    if not isinstance(value, dict) or not 2 <= len(value) <= 20:
        report.add(path, "variants with their per cent, two at least and 20 at most")
        return {}
    if "null" in value:
        report.add(f"{path}.null", "whoever takes no part is a matter of traffic")
        return {}
    try:
        widths = units(value)
    except ValueError as error:
        report.add(path, str(error))
        return {}
    for name, width in widths.items():
        if not width:
            report.add(f"{path}.{name}", "0 % would never be met; leave the variant out")
    return value


def _variant(value: Any, path: str, report: Report) -> Any:
    return report.name(value, path)


READERS = {
    "key": readers.KEY,
    "name": readers.NAME,
    "hypothesis": readers.PROSE,
    "flag": readers.KEY,
    "environment": readers.KEY,
    "rule": key_or_null,
    "control": _variant,
    "weights": _weights,
    "traffic": per_cent(LEAST_TRAFFIC),
    "group": key_or_null,
    "primary_metric": key_or_null,
    "metrics": keys,
    "guardrail_metrics": keys,
    "servers_only": readers.BOOLEAN,
}
DEFAULTS: dict[str, Any] = {
    "hypothesis": "",
    "flag": "",
    "environment": "",
    "rule": None,
    "control": "off",
    "weights": {},
    "traffic": 100.0,
    "group": None,
    "primary_metric": None,
    "metrics": [],
    "guardrail_metrics": [],
    "servers_only": False,
}


def parse_experiment(body: object) -> dict[str, Any]:
    """A whole experiment: its members by name; flag, environment, group and metrics by key. Raises Invalid."""
    report = Report()
    members = read(body, READERS, DEFAULTS, report)
    if members["weights"] and members["control"] not in members["weights"]:
        report.add("control", f"{quoted(members['control'])} is none of the variants in weights")
    report.settle()
    if 0 in placing.widths(members["weights"], members["traffic"]).values():
        report.add("traffic", "is too little: some variant would be met by nobody")
    report.settle()
    return members


def whole_experiment(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the defaults of what it leaves out, but for the name."""
    return {**DEFAULTS, **body}


def parse_experiment_changes(experiment: Experiment, body: object) -> dict[str, Any]:
    """The members that a partial body comes to."""
    return parse_experiment(changed(experiment, written_experiment(experiment), body, READERS))


def written_experiment(experiment: Experiment) -> dict[str, Any]:
    """What people write of it."""
    plain = (
        "key",
        "name",
        "hypothesis",
        "control",
        "weights",
        "traffic",
        "metrics",
        "guardrail_metrics",
        "servers_only",
    )
    return {name: getattr(experiment, name) for name in plain} | {
        "flag": experiment.flag.key,
        "environment": experiment.environment.key,
        "rule": experiment.rule_id or None,
        "group": experiment.group.key if experiment.group else None,
        "primary_metric": experiment.primary_metric or None,
    }


def experiment_document(experiment: Experiment) -> dict[str, Any]:
    """The answer of the management API."""
    moments = {name: moment(getattr(experiment, name)) for name in ("started_at", "stopped_at", "concluded_at")}
    splits = [{name: each[name] for name in ("at", "version", "traffic")} for each in experiment.splits]
    return {
        **{name: written_experiment(experiment)[name] for name in READERS},
        "status": experiment.status,
        **moments,
        "winner": experiment.winner or None,
        "splits": splits,
        "version": experiment.version,
        "updated_at": moment(experiment.updated_at),
    }


def experiment_in_full(
    experiment: Experiment, enrolled: Enrolled, interventions: Sequence[Intervention], clean: datetime | None
) -> dict[str, Any]:
    """The same with who takes part, what was done to the split by hand, and since when it is clean."""
    return experiment_document(experiment) | {
        "enrolled": {name: dict(getattr(enrolled, name)) for name in ("subjects", "switched", "public")},
        "interventions": [
            {
                "what": each.what,
                "at": moment(each.at),
                "by": each.by,
                "version": each.version,
                "until": moment(each.until),
            }
            for each in interventions
        ],
        "clean_since": moment(clean),
    }
