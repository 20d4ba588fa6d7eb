"""All of a flag's history on one page: its states in all environments and its settings, by environment, person and kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import F, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from flags import documents
from flags.dashboard import settings
from flags.dashboard.actions import flag_page, place_of
from flags.dashboard.words import Change, changes
from flags.models import Flag, FlagConfig
from tenants.dashboard.doors import PageRequest, show
from tenants.models import Environment
from tenants.moments import moment_named
from tenants.past import Entry as SettingsEntry

PER_PAGE = 30
KINDS = [("", "Everything"), ("switch", "Switched or killed"), ("rules", "Who gets what"), ("settings", "Settings")]


@dataclass(frozen=True, slots=True)
class Entry:
    """One save. `environment` is None for the settings, which are the same in all; `address` leads to this very version."""

    environment: Environment | None
    version: int
    who: str
    at: datetime
    comment: str
    changes: Sequence[Change]
    address: str

    @property
    def anchor(self) -> str:
        return f"{self.environment.key if self.environment else 'settings'}-{self.version}"


class Filters(forms.Form):
    """Anything may be asked for by the address; what does not exist is found nowhere."""

    environment = forms.CharField(required=False)
    who = forms.CharField(required=False, max_length=254)
    kind = forms.CharField(required=False)

    def offer(self, environments: Sequence[Environment], people: Sequence[str]) -> None:
        choices: dict[str, tuple[str, list[tuple[str, str]]]] = {
            "environment": ("Where", [("", "All environments"), *((each.key, each.name) for each in environments)]),
            "who": ("Who", [("", "Everybody"), *((name, name) for name in people)]),
            "kind": ("What", KINDS),
        }
        for name, (label, offered) in choices.items():
            self.fields[name].widget = forms.Select({"class": "input", "aria-label": label}, offered)

    @property
    def given(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}


@flag_page
@require_safe
def timeline(request: PageRequest, flag: Flag) -> HttpResponse:
    """The newest first; `?before=` is the moment at which the last page ended."""
    filters = Filters(request.GET)
    given, environments = filters.given, list(request.shell.environments)
    before = moment_named(request.GET.get("before", ""))
    saved = settings.history_of(flag)
    found = [*_of_states(flag, environments, given, before), *_of_settings(flag, saved, given, before)]
    entries = sorted(found, key=lambda entry: entry.at, reverse=True)
    filters.offer(environments, _people(flag, environments, saved))
    shown = entries[:PER_PAGE]
    older = urlencode({**given, "before": shown[-1].at.isoformat()}) if len(entries) > PER_PAGE else ""
    context = {"flag": flag, "filters": filters, "given": given, "entries": shown, "older": older}
    return show(request, "flags/timeline.html", context)


def _people(flag: Flag, environments: Sequence[Environment], saved: Sequence[SettingsEntry]) -> list[str]:
    """Who saved something that can be seen here."""
    rows = FlagConfig.history.filter(flag_id=flag.pk, environment_id__in=[each.pk for each in environments])
    names = rows.order_by().values_list("updated_by_name", flat=True).distinct()
    return sorted({name for name in names if name} | {entry.by for entry in saved})


def _of_states(
    flag: Flag, environments: Sequence[Environment], given: dict[str, str], before: datetime | None
) -> list[Entry]:
    """One more than a page holds, in two queries: the versions, and for each the one before it."""
    if given.get("kind") == "settings":
        return []
    seen = {each.pk: each for each in environments if given.get("environment", each.key) == each.key}
    rows = FlagConfig.history.filter(flag_id=flag.pk, environment_id__in=seen)
    if before is not None:
        rows = rows.filter(history_date__lt=before)
    if who := given.get("who"):
        rows = rows.filter(updated_by_name=who)
    newest = list(_of_kind(rows, given.get("kind", "")).order_by("-history_date", "-history_id")[: PER_PAGE + 1])
    earlier = _earlier(flag, newest)
    return [_entry(flag, seen[row.environment_id], row, earlier) for row in newest]


def _of_kind(rows: Any, kind: str) -> Any:
    """Switched: on or off since the version before; the rest that has one before it is about who gets what."""
    if not kind:
        return rows
    same = {"flag_id": OuterRef("flag_id"), "environment_id": OuterRef("environment_id")}
    one_before = FlagConfig.history.filter(**same, version=OuterRef("version") - 1).order_by()
    known = rows.annotate(was=Subquery(one_before.values("enabled")[:1])).filter(was__isnull=False)
    if kind == "switch":
        return known.exclude(was=F("enabled"))
    return known.filter(was=F("enabled")) if kind == "rules" else rows.none()


def _earlier(flag: Flag, rows: Sequence[Any]) -> dict[tuple[str, int], Any]:
    wanted = [Q(environment_id=row.environment_id, version=row.version - 1) for row in rows if row.version > 1]
    if not wanted:
        return {}
    found = FlagConfig.history.filter(reduce(or_, wanted), flag_id=flag.pk)
    return {(row.environment_id, row.version): row for row in found}


def _entry(flag: Flag, environment: Environment, row: Any, earlier: dict[tuple[str, int], Any]) -> Entry:
    old = earlier.get((row.environment_id, row.version - 1))
    differs = [] if old is None else changes(_body(old), _body(row))
    address = reverse("flags:version", args=[*place_of(flag), flag.key, environment.key, row.version])
    who, comment = row.updated_by_name or "The system", row.history_change_reason or ""
    return Entry(environment, row.version, who, row.history_date, comment, differs, address)


def _body(row: Any) -> dict[str, Any]:
    return documents.config_body(row.instance)


def _of_settings(
    flag: Flag, saved: Sequence[SettingsEntry], given: dict[str, str], before: datetime | None
) -> list[Entry]:
    if given.get("kind") not in (None, "settings") or given.get("environment"):
        return []
    here = reverse("flags:timeline", args=[*place_of(flag), flag.key])
    return [
        Entry(
            None, each.version, each.by, each.at, each.why, _said(each), f"{here}?kind=settings#settings-{each.version}"
        )
        for each in saved
        if given.get("who", each.by) == each.by and (before is None or each.at < before)
    ]


def _said(entry: SettingsEntry) -> list[Change]:
    return [Change(change.field.replace("_", " "), (change.before,), (change.after,)) for change in entry.changes]
