"""Which flags of a project are not the same in two environments: the page that leads to each flag's own comparison."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Case, F, FilteredRelation, Q, TextField, Value, When
from django.db.models.functions import Cast, Coalesce
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from flags import documents, parts, selectors
from flags.dashboard.comparing import Pair, pair_of
from flags.dashboard.parts import title_of
from flags.dashboard.summaries import line_of, word_of
from flags.models import Flag, FlagConfig
from flags.services.saving import same
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.dashboard.paging import Paged
from tenants.models import Environment, Project

COLUMNS = {
    "switch": ("enabled",),
    "rules": ("rules",),
    "targets": ("targets",),
    "rest": ("prerequisites", "fallthrough", "off_variant"),
}
EVERY_COLUMN = tuple(column for columns in COLUMNS.values() for column in columns)
WHAT = [
    ("", "In anything"),
    ("switch", "On or off"),
    ("rules", "In rules"),
    ("targets", "In individual targets"),
    ("rest", "In anything else"),
]


@dataclass(frozen=True, slots=True)
class Side:
    word: str
    line: str


@dataclass(frozen=True, slots=True)
class Row:
    flag: Flag
    source: Side
    target: Side
    differing: list[str]


class Filters(forms.Form):
    """Anything may be asked for by the address."""

    search = forms.CharField(required=False, max_length=200)
    what = forms.ChoiceField(
        required=False, choices=WHAT, widget=forms.Select({"class": "input", "aria-label": "Where they differ"})
    )


@project_page
@require_safe
def compare_project(request: PageRequest, project: Project) -> HttpResponse:
    """`?from=` and `?to=` name the environments; by flags that differ, in as many queries however many there are."""
    filters = Filters(request.GET)
    asked = filters.cleaned_data if filters.is_valid() else {}
    pair = pair_of(request)
    if pair is None:
        return show(request, "flags/compare/project.html", {})
    kept = {name: value for name, value in asked.items() if value}
    flags = selectors.flags_of(project, request.actor, search=kept.get("search", ""))
    here = kept | {"from": pair[0].key, "to": pair[1].key}
    paged = Paged.of(differing(flags, pair, kept.get("what", "")), request, asked=here)
    context = {
        "source": pair[0],
        "target": pair[1],
        "filters": filters,
        "kept": kept,
        "kept_query": urlencode(kept),
        "paged": paged,
        "rows": _rows(paged, pair, kept.get("what", "")),
    }
    return show(request, "flags/compare/project.html", context)


def differing(flags: Any, pair: Pair, what: str = "") -> Any:
    """A queryset of those whose states are stored as different texts in these columns, or in any.

    The same may be written in two ways; whether two of them mean the same is decided row by row.
    """
    beside = flags.alias(
        **{name: FilteredRelation("configs", condition=Q(configs__environment=each)) for name, each in _named(pair)}
    )
    is_other = Q()
    for column in COLUMNS.get(what, EVERY_COLUMN):
        texts = {f"{side}_{column}": _stored(side, column) for side, _ in _named(pair)}
        beside = beside.alias(**texts)
        is_other |= ~Q(**{f"source_{column}": F(f"target_{column}")})
    return beside.filter(is_other)


def _named(pair: Pair) -> tuple[tuple[str, Environment], tuple[str, Environment]]:
    return ("source", pair[0]), ("target", pair[1])


def _stored(side: str, column: str) -> Any:
    """As text; where nobody ever changed the flag, what the default state would be (`documents.default_state`)."""
    if column == "enabled":
        return Coalesce(F(f"{side}__enabled"), Value(False))
    saved = Coalesce(Cast(f"{side}__{column}", TextField()), Value(""), output_field=TextField())
    untouched = When(**{f"{side}__id__isnull": True}, then=DEFAULTS.get(column, Value("")))
    return Case(untouched, default=saved, output_field=TextField())


def _if_it_has(variant: str, text: str) -> Case:
    """Only a boolean flag has a default, and only if it has the variant."""
    has_it = When(value_type=Flag.ValueType.BOOLEAN, variants__has_key=variant, then=Value(text))
    return Case(has_it, default=Value(""), output_field=TextField())


DEFAULTS: dict[str, Any] = {
    "rules": Value("[]"),
    "targets": Value("[]"),
    "fallthrough": _if_it_has("on", '{"variant": "on"}'),
    "off_variant": _if_it_has("off", "off"),
}


def _rows(paged: Paged, pair: Pair, what: str) -> list[Row]:
    """In one query more."""
    flags = list(paged)
    found = FlagConfig.objects.filter(flag__in=flags, environment__in=pair)
    states = {(config.flag_id, config.environment_id): config for config in found}
    sides = [(flag, *(_state(flag, environment, states) for environment in pair)) for flag in flags]
    return [_row(*each) for each in sides if _differs(what, each[1], each[2])]


def _differs(what: str, source: FlagConfig, target: FlagConfig) -> bool:
    one, other = documents.state_fields(source), documents.state_fields(target)
    return any(not same(one[column], other[column]) for column in COLUMNS.get(what, EVERY_COLUMN))


def _state(flag: Flag, environment: Environment, states: dict[tuple[Any, Any], FlagConfig]) -> FlagConfig:
    return states.get((flag.pk, environment.pk)) or selectors.untouched(flag, environment)


def _row(flag: Flag, source: FlagConfig, target: FlagConfig) -> Row:
    one, other = documents.config_body(source), documents.config_body(target)
    titles = [title_of(part, one, other) for part in parts.differing(one, other)]
    return Row(flag, _side(flag, source), _side(flag, target), titles)


def _side(flag: Flag, config: FlagConfig) -> Side:
    return Side(word_of(config), line_of(flag, config, has_targets=bool(config.targets)))
