"""Asking Prometheus for all guardrails that are due: claimed by a conditional UPDATE, asked many at once, settled one by one."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from analytics.guardrails.breaching import breach
from analytics.guardrails.prometheus import NoNumber, number_in, question
from analytics.guardrails.tokens import token_of
from analytics.models import Guardrail, GuardrailPoint
from tenants import maintenance
from tenants.sealing import SealBroken
from tenants.webhooks.sending import Answer, Letter, send

EVERY = timedelta(seconds=15)
# So many are asked at once, which takes no longer than one answer may; a round goes on with the next as long as this, in seconds.
AT_ONCE = 50
LONGEST = 5.0

log = logging.getLogger(__name__)
_round = Lock()


def ask(*, now: datetime) -> int:
    """Returns how many were asked. Two queries where nobody is to be; none where this process asks already."""
    if not _round.acquire(blocking=False):
        return 0
    try:
        until = monotonic() + LONGEST
        return sum(_ask_lane(now, until, has_failed=has_failed) for has_failed in (False, True))
    finally:
        _round.release()


def _ask_lane(now: datetime, until: float, *, has_failed: bool) -> int:
    """Those that failed last have a lane of their own, however many they are: the others do not wait for them."""
    asked = 0
    while batch := _claimed(now, has_failed=has_failed):
        _ask_all(batch, now)
        asked += len(batch)
        if monotonic() >= until:
            break
    return asked


def _ask_all(asked: Sequence[Guardrail], now: datetime) -> None:
    answers = asyncio.run(_all([_letter(guardrail) for guardrail in asked]))
    for guardrail, answer in zip(asked, answers, strict=True):
        try:
            _settle(guardrail, answer, now)
        except Exception:
            log.exception("what Prometheus answered to the guardrail %s could not be noted", guardrail.pk)


def _claimed(now: datetime, *, has_failed: bool) -> list[Guardrail]:
    """Whoever waited longest, and before them who was never asked: where a null stands is each database's own affair."""
    due = (Q(asked_at__isnull=True) | Q(asked_at__lte=now - EVERY)) & (~Q(fault="") if has_failed else Q(fault=""))
    rows = Guardrail.objects.filter(due, state=Guardrail.State.WATCHING, source=Guardrail.Source.PROMETHEUS)
    found = list(rows.order_by(F("asked_at").asc(nulls_first=True), "pk")[:AT_ONCE])
    free = Guardrail.objects
    return [each for each in found if free.filter(pk=each.pk, asked_at=each.asked_at).update(asked_at=now)]


def _letter(guardrail: Guardrail) -> Letter | str:
    """What to send, or why nothing can be."""
    try:
        return question(guardrail.url, guardrail.query, token_of(guardrail))
    except SealBroken as broken:
        return str(broken)


async def _all(letters: Sequence[Letter | str]) -> list[Answer]:
    return await asyncio.gather(*map(_one, letters))


async def _one(letter: Letter | str) -> Answer:
    return Answer(None, 0, fault=letter) if isinstance(letter, str) else await send(letter)


@transaction.atomic
def _settle(asked: Guardrail, answer: Answer, now: datetime) -> None:
    """Nothing, where it was armed anew or dismissed meanwhile. An answer without a number ends a row and breaks nothing."""
    rows = Guardrail.objects.select_related("flag", "environment__project__organization", "organization")
    rows = rows.select_for_update(of=("self",), no_key=True).filter(state=Guardrail.State.WATCHING)
    guardrail: Guardrail | None = rows.filter(pk=asked.pk, armed_at=asked.armed_at).first()
    if guardrail is None:
        return
    guardrail.looked_at = now
    try:
        value = number_in(answer)
    except NoNumber as reason:
        _note(guardrail, fault=str(reason)[:300], evidence={})
        return
    point = {"organization_id": guardrail.organization_id, "value": value}
    GuardrailPoint.with_deleted.get_or_create(guardrail=guardrail, start=now, variant="", defaults=point)
    guardrail.evidence = _evidence(guardrail, value, now)
    if guardrail.evidence["in_a_row"] >= guardrail.samples and not maintenance.is_on():
        breach(guardrail, now)
    else:
        _note(guardrail, fault="", evidence=guardrail.evidence)


def _note(guardrail: Guardrail, **noted: Any) -> None:
    Guardrail.objects.filter(pk=guardrail.pk).update(looked_at=guardrail.looked_at, **noted)


def _evidence(guardrail: Guardrail, value: float, now: datetime) -> dict[str, Any]:
    """The answers that broke the limit one after the other, as many as are needed; else the last."""
    is_over = value > guardrail.budget if guardrail.is_above else value < guardrail.budget
    before = guardrail.evidence if is_over and guardrail.evidence.get("in_a_row") else {}
    return {
        "since": before.get("since", now.isoformat()),
        "values": [*before.get("values", []), value][-guardrail.samples :],
        "in_a_row": before.get("in_a_row", 0) + 1 if is_over else 0,
        "budget": guardrail.budget,
        "needed": guardrail.samples,
        "test": "limit",
    }
