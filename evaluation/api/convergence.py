"""How far changes have come: relays report it, people and programs ask for it."""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from evaluation.api import schema
from evaluation.api.doors import SdkView, body_of, respond
from evaluation.convergence import reports
from evaluation.convergence.flags import FlagReach, reach_of_flag
from evaluation.convergence.reading import SEARCHED, SHOWN, Convergence, Reporting, convergence_of
from evaluation.manifest.below import environments_below, ids_of_keys_below
from evaluation.models import ManifestVersion
from evaluation.wire.convergence import read_report
from evaluation.wire.explanations import moment
from evaluation.wire.problems import out_of_reach
from evaluation.wire.replies import Reply
from flags.selectors import find_flag
from tenants import last_used
from tenants.api.doors import EnvironmentView
from tenants.api.problems import found
from tenants.models import ApiKey


@schema.report
class Reports(SdkView):
    """What a relay, and those behind it, have brought to whom."""

    kinds = (ApiKey.Kind.RELAY,)

    def post(self, request: Request) -> HttpResponse:
        now = timezone.now()
        report = read_report(body_of(request._request), now=now.timestamp())
        try:
            reports.keep(report, environments_below(self.key), is_relay=True, now=now)
            ids = ids_of_keys_below(self.key, report.used) if report.used else {}
        except DatabaseError:
            raise out_of_reach() from None
        for sha256, api_key_id in ids.items():
            last_used.note(api_key_id, report.used[sha256])
        return respond(Reply(204, b""))


@schema.convergence
class OneConvergence(EnvironmentView):
    """How far the newest changes of an environment have come, or with `?flag=` those of one flag."""

    def get(self, request: Request, **names: str) -> Response:
        key, now = self.asked("flag").get("flag"), timezone.now()
        if key is None:
            convergence = convergence_of(self.environment, now=now)
            return Response(_document(convergence, convergence.versions))
        flag = found(find_flag(self.environment.project, key, self.actor))
        convergence = convergence_of(self.environment, now=now, searched=SEARCHED)
        reach = reach_of_flag(flag, self.environment, convergence)
        return Response({"flag": _flag(reach)} | _document(convergence, reach.versions[:SHOWN]))


def _document(convergence: Convergence, versions: Sequence[ManifestVersion]) -> dict[str, Any]:
    connected = convergence.connected
    return {
        "version": convergence.versions[0].version if convergence.versions else None,
        "connected": sum(connected.values()),
        "by_version": [{"version": version, "instances": count} for version, count in connected.items()],
        "changes": [_change(row, convergence) for row in versions],
        "reporters": [_reporter(each) for each in convergence.reporting],
        "silent": [_reporter(each) for each in convergence.silent],
    }


def _change(row: ManifestVersion, convergence: Convergence) -> dict[str, Any]:
    lagging = [_reporter(each) | {"behind": each.behind(row.version)} for each in convergence.lagging(row.version)]
    return {
        "version": row.version,
        "changed_at": moment(row.changed_at or row.issued),
        "changes": row.changes,
        "reached": convergence.reached(row.version),
        "of": sum(convergence.connected.values()),
        "p50_ms": _milliseconds(convergence.took(row, 0.5)),
        "p99_ms": _milliseconds(convergence.took(row, 0.99)),
        "effective": convergence.is_effective(row.version),
        "lagging": lagging,
    }


def _reporter(each: Reporting) -> dict[str, Any]:
    return {
        "name": each.name,
        "relay": each.is_relay,
        "holds": each.holds,
        "connected": each.clients,
        "seconds_ago": round(each.seconds_ago, 1),
    }


def _flag(reach: FlagReach) -> dict[str, Any]:
    return {
        "key": reach.key,
        "enabled": reach.enabled,
        "killed_at": moment(reach.killed_at) if reach.killed_at else None,
        "version": reach.version,
        "effective": reach.is_effective,
    }


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
