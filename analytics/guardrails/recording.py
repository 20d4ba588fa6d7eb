"""What batches of telemetry tell of watched variants, counted in the transaction in which they are folded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F

from analytics.models import Guardrail, GuardrailPoint, TelemetryBatch
from evaluation.core.instants import instant
from tenants.models import ApiKey

# The guardrail, the minute and the variant; and its requests and failures.
Place = tuple[str, datetime, str]
Counts = Mapping[Place, Sequence[int]]


class Told(NamedTuple):
    """What one batch says of one flag's variant. `began` is when the time that it is about began, by the clock of this server."""

    environment_id: str
    flag: str
    variant: str
    is_from_client: bool
    began: datetime
    minute: datetime
    requests: int
    errors: int


class Watched:
    """Added batch by batch, then kept: one query where nothing is watched, and none where nothing was told of errors."""

    def __init__(self) -> None:
        self._told: list[Told] = []

    def add(self, batch: TelemetryBatch, document: Mapping[str, Any]) -> None:
        if not document.get("errors"):
            return
        began, minute = began_at(batch, document), batch.ended_at.replace(second=0, microsecond=0)
        is_client = batch.key_kind == ApiKey.Kind.CLIENT
        for each in document["errors"]:
            place = (batch.environment_id, each["flag"], each["variant"], is_client)
            self._told.append(Told(*place, began, minute, each["requests"], each["errors"]))

    def keep(self) -> None:
        if not self._told:
            return
        watching = self._locked()
        if counts := self._counts(watching):
            add_points(counts, {row.pk: row.organization_id for row in watching})
            Guardrail.objects.filter(pk__in={pk for pk, *_ in counts}).update(is_due=True)

    def _locked(self) -> list[Guardrail]:
        """Whoever arms or edits one waits, or has begun anew already: then what was told before is none of its business."""
        environments, flags = {each.environment_id for each in self._told}, {each.flag for each in self._told}
        rows = Guardrail.objects.filter(state=Guardrail.State.WATCHING, source=Guardrail.Source.ERRORS)
        rows = rows.filter(environment__in=environments, flag__key__in=flags).select_related("flag").order_by("pk")
        return list(rows.select_for_update(of=("self",), no_key=True))

    def _counts(self, watching: Sequence[Guardrail]) -> Counts:
        counts: defaultdict[Place, list[int]] = defaultdict(lambda: [0, 0])
        for guardrail in watching:
            for each in self._told:
                if concerns(guardrail, each):
                    count = counts[guardrail.pk, each.minute, each.variant]
                    count[0] += each.requests
                    count[1] += each.errors
        return counts


def began_at(batch: TelemetryBatch, document: Mapping[str, Any]) -> datetime:
    """A batch that began before a guardrail was armed has requests in it that are none of its business."""
    begin, end = instant(document.get("from")), instant(document.get("to"))
    length = 0 if begin is None or end is None else max(0, end - begin)
    return min(batch.ended_at, batch.received_at) - min(timedelta(microseconds=length // 1000), timedelta(days=1))


def concerns(guardrail: Guardrail, told: Told) -> bool:
    """Anybody may send with a client key, which is public: so it counts only where somebody wanted it so."""
    return (
        guardrail.environment_id == told.environment_id
        and guardrail.flag.key == told.flag
        and told.variant in (guardrail.variant, guardrail.control or guardrail.variant)
        and told.began >= guardrail.armed_at
        and (guardrail.from_clients or not told.is_from_client)
    )


def add_points(counts: Counts, organizations: Mapping[str, str]) -> None:
    """Rows are made where they are missing, and always locked in the same order; organizations by guardrail."""
    points = [
        GuardrailPoint(organization_id=organizations[pk], guardrail_id=pk, start=start, variant=variant)
        for pk, start, variant in sorted(counts)
    ]
    GuardrailPoint.with_deleted.bulk_create(points, ignore_conflicts=True)
    for (pk, start, variant), (requests, failures) in sorted(counts.items()):
        rows = GuardrailPoint.with_deleted.filter(guardrail_id=pk, start=start, variant=variant)
        rows.update(trials=F("trials") + requests, failures=F("failures") + failures)


def count_anew(begin: datetime, end: datetime) -> None:
    """Forget what watching guardrails counted from `begin` to before `end`: its batches are about to be folded again."""
    rows = GuardrailPoint.with_deleted.filter(start__gte=begin, start__lt=end, value__isnull=True)
    rows.filter(guardrail__state=Guardrail.State.WATCHING).delete()
