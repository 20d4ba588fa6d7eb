"""What is wrong with a guardrail, beyond its single fields."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from analytics.models import Guardrail, Metric
from tenants.models import Membership
from tenants.models.base import is_id
from tenants.problems import Fault
from tenants.webhooks.addresses import faults_of_url

Source = Guardrail.Source

MOST_RECIPIENTS = 20
MOST_SAMPLES = 100
# What is rarer than this nobody can show; what is more frequent is no promise.
LEAST_ALPHA, MOST_ALPHA = 1e-6, 0.2
MOST_TIMES = 100
MOST_LIMIT = 1e18
LONGEST_TOKEN = 4_000
ASKS = ("url", "query")


def faults_of(guardrail: Guardrail, token: str | None = None, had: Collection[str] = ()) -> Iterable[Fault]:
    """Recipients that it `had` already may have left: they get nothing, and are in nobody's way."""
    if not LEAST_ALPHA <= guardrail.alpha <= MOST_ALPHA:
        yield Fault("alpha", f"From {LEAST_ALPHA:g} to {MOST_ALPHA:g}: 0.01 is one false alarm in a hundred watches.")
    if guardrail.source == Source.PROMETHEUS:
        yield from _of_asking(guardrail, token)
    elif guardrail.source == Source.METRIC:
        yield from _of_measuring(guardrail, token)
    else:
        yield from _of_counting(guardrail, token)
    yield from _of_recipients(guardrail, had)


def _of_counting(guardrail: Guardrail, token: str | None) -> Iterable[Fault]:
    variants = guardrail.flag.variants
    named = f"Choose one of {', '.join(variants)}."
    if guardrail.variant not in variants:
        yield Fault("variant", named)
    if guardrail.control and guardrail.control not in variants:
        yield Fault("control", named)
    if guardrail.control and guardrail.control == guardrail.variant:
        yield Fault("control", "Compare it with another variant.")
    if guardrail.control and not 0 <= guardrail.budget <= MOST_TIMES:
        yield Fault("budget", f"From 0 to {MOST_TIMES}: 0.5 allows half as many errors again as the control has.")
    if not guardrail.control and not 0 < guardrail.budget < 1:
        yield Fault("budget", "A share above 0 and below 1: 0.02 is 2 %.")
    if guardrail.min_sample < 1:
        yield Fault("min_sample", "At least 1.")
    if guardrail.metric:
        yield Fault("metric", "Errors are counted, so no metric is looked at.")
    yield from _without_asking(guardrail, token)


def _of_measuring(guardrail: Guardrail, token: str | None) -> Iterable[Fault]:
    """Its control is that of the experiment which runs."""
    if guardrail.variant not in guardrail.flag.variants:
        yield Fault("variant", f"Choose one of {', '.join(guardrail.flag.variants)}.")
    if guardrail.control:
        yield Fault("control", "It is compared with the control of the experiment.")
    metric = Metric.objects.filter(project=guardrail.flag.project_id, key=guardrail.metric).first()
    if metric is None:
        yield Fault("metric", "There is no metric with this key.")
    if not 0 <= guardrail.budget <= MOST_TIMES:
        yield Fault("budget", f"From 0 to {MOST_TIMES}: 0.1 allows a tenth worse than the control.")
    elif metric is not None and metric.goal == Metric.Goal.INCREASE and guardrail.budget >= 1:
        yield Fault("budget", "Below 1 where more is better: nothing falls by more than all of it.")
    if guardrail.min_sample < 1:
        yield Fault("min_sample", "At least 1.")
    yield from _without_asking(guardrail, token)


def _without_asking(guardrail: Guardrail, token: str | None) -> Iterable[Fault]:
    yield from (Fault(name, "Only Prometheus is asked.") for name in ASKS if getattr(guardrail, name))
    if token:
        yield Fault("token", "Only Prometheus is asked.")


def _of_asking(guardrail: Guardrail, token: str | None) -> Iterable[Fault]:
    yield from (Fault("url", fault) for fault in faults_of_url(guardrail.url))
    if "?" in guardrail.url:
        yield Fault("url", "Leave the query out: it stands in a field of its own.")
    if not guardrail.query.strip():
        yield Fault("query", "Write a query in PromQL that answers with one value.")
    if not abs(guardrail.budget) <= MOST_LIMIT:
        yield Fault("budget", f"From {-MOST_LIMIT:g} to {MOST_LIMIT:g}: scale the query where its values are larger.")
    if not 1 <= guardrail.samples <= MOST_SAMPLES:
        yield Fault("samples", f"From 1 to {MOST_SAMPLES}.")
    yield from (
        Fault(name, "Prometheus is asked, and nothing else.")
        for name in ("variant", "control", "metric")
        if getattr(guardrail, name)
    )
    if token and (len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        yield Fault("token", f"At most {LONGEST_TOKEN:,} characters that go into a header.")


def _of_recipients(guardrail: Guardrail, had: Collection[str]) -> Iterable[Fault]:
    given: Sequence[Any] = guardrail.recipients
    if len(given) > MOST_RECIPIENTS:
        yield Fault("recipients", f"At most {MOST_RECIPIENTS}.")
        return
    plain = [one for one in given if isinstance(one, str) and is_id(one)]
    members = Membership.objects.filter(organization=guardrail.organization_id, user__in=plain)
    known = {*had, *members.values_list("user_id", flat=True)}
    for position, one in enumerate(given):
        if not isinstance(one, str) or one not in known:
            yield Fault(f"recipients[{position}]", "There is no member with this id.")
