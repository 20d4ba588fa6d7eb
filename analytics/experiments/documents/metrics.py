"""A metric as plain data."""

from collections.abc import Mapping
from typing import Any

from analytics.experiments.documents import readers
from analytics.experiments.documents.readers import changed, number, one_of, read
from analytics.models import Metric
from flags.documents.report import Report
from flags.documents.texts import text
from tenants.api.documents import moment

Kind = Metric.Kind
READERS = {
    "key": readers.KEY,
    "name": readers.NAME,
    "description": readers.PROSE,
    "kind": one_of(Kind.values),
    "event": text(200),
    "denominator_event": text(200, may_be_empty=True),
    "quantile": number(0.5, 0.99),
    "goal": one_of(Metric.Goal.values),
    "cap": number(-1e15, 1e15),
    "window_hours": number(1, 24 * 365, is_whole=True),
}
DEFAULTS = {
    "description": "",
    "kind": Kind.CONVERSION.value,
    "event": "",
    "denominator_event": "",
    "quantile": None,
    "goal": Metric.Goal.INCREASE.value,
    "cap": None,
    "window_hours": None,
}
# What decides which numbers come out. The rest is for people.
MEASURING = ("kind", "event", "denominator_event", "quantile", "goal", "cap", "window_hours")


def parse_metric(body: object) -> dict[str, Any]:
    """The columns of a whole metric. Raises Invalid with the path of each fault."""
    report = Report()
    fields = read(body, READERS, DEFAULTS, report)
    kind = fields["kind"]
    _belongs(report, "denominator_event", fields["denominator_event"], kind == Kind.RATIO, "a ratio")
    _belongs(report, "quantile", fields["quantile"], kind == Kind.QUANTILE, "a quantile")
    if fields["cap"] is not None and kind not in (Kind.MEAN, Kind.RATIO):
        report.add("cap", "only a mean and a ratio take a cap")
    report.settle()
    return fields


def whole_metric(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the defaults of what it leaves out, but for the name."""
    return {**DEFAULTS, **body}


def parse_metric_changes(metric: Metric, body: object) -> dict[str, Any]:
    """The columns that a partial body comes to."""
    return parse_metric(changed(metric, _written(metric), body, READERS))


def metric_document(metric: Metric) -> dict[str, Any]:
    """The answer of the management API."""
    return _written(metric) | {"version": metric.version, "updated_at": moment(metric.updated_at)}


def _written(metric: Metric) -> dict[str, Any]:
    return {name: getattr(metric, name) for name in READERS}


def _belongs(report: Report, path: str, value: Any, is_needed: bool, what: str) -> None:
    if is_needed and value in ("", None):
        report.add(path, f"{what} needs it")
    if not is_needed and value not in ("", None):
        report.add(path, f"only {what} takes it")
