"""What is sent to do something to many flags: which flags, what, and how far it has come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict

from flags import selectors
from flags.dashboard.bulk_acts import ACTS, Act, Given
from flags.dashboard.filters import Filters
from flags.dashboard.flag_forms import possible_owners
from flags.models import Flag
from tenants.changes import LONGEST_COMMENT
from tenants.dashboard.doors import PageRequest
from tenants.models import Project
from tenants.problems import Fault, Invalid

# So many are worked on in one request: a second or two. What is left goes on in the next one.
AT_ONCE = 25
# More are neither listed one by one nor taken back by one press.
MOST_KEPT = 500
COMMAS = ","


class BulkForm(forms.Form):
    """`flag` are keys that were selected, `keys` the same in one text; `all` means all that `query` finds, from `after` on.

    `done`, `total`, `changed`, `was` and `failed` are carried along from one request to the next.
    """

    act = forms.CharField(max_length=20)
    keys = forms.CharField(required=False)
    all = forms.BooleanField(required=False)
    query = forms.CharField(required=False, max_length=4_000)
    after = forms.CharField(required=False, max_length=200)
    tag = forms.CharField(required=False, max_length=100)
    owner = forms.CharField(required=False, max_length=254)
    environment = forms.CharField(required=False, max_length=63)
    confirmed = forms.CharField(required=False, max_length=63)
    comment = forms.CharField(required=False, max_length=LONGEST_COMMENT)
    done = forms.IntegerField(required=False, min_value=0)
    total = forms.IntegerField(required=False, min_value=0)
    changed = forms.CharField(required=False)
    was = forms.CharField(required=False)


@dataclass(slots=True)
class Progress:
    """How far it has come. `failures` are the keys by what was said of them, `was` the owners before."""

    done: int = 0
    total: int = 0
    changed: list[str] = field(default_factory=list)
    was: set[str] = field(default_factory=set)
    failures: dict[str, list[str]] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        return sum(map(len, self.failures.values()))

    @property
    def carried(self) -> list[tuple[str, str]]:
        """As hidden inputs."""
        return [
            ("done", str(self.done)),
            ("total", str(self.total)),
            ("changed", COMMAS.join(self.changed)),
            ("was", COMMAS.join(sorted(self.was)[:2])),
            *(("failed", f"{key} {message}") for message, keys in self.failures.items() for key in keys[:MOST_KEPT]),
        ]


class Bulk:
    """One request to do something to many flags, as it was sent."""

    def __init__(self, request: PageRequest, project: Project) -> None:
        self.request, self.project = request, project
        self.form = BulkForm(request.POST)
        self.form.is_valid()
        self.sent: dict[str, Any] = self.form.cleaned_data
        self.keys = [*request.POST.getlist("flag"), *filter(None, self.get("keys").split(COMMAS))]
        self.filters = Filters(QueryDict(self.get("query")), project, request.shell.environments, request.actor)
        self.owners = (
            {user.email: user for user in possible_owners(project, request.actor, None)} if self._owned else {}
        )
        self.progress = self._progress()

    def get(self, name: str) -> Any:
        return self.sent.get(name) or ""

    @property
    def _owned(self) -> bool:
        return self.get("act") in ("owner", "set_owner")

    @property
    def act(self) -> Act | None:
        return ACTS.get(self.get("act"))

    @property
    def is_all(self) -> bool:
        return bool(self.get("all"))

    @property
    def given(self) -> Given:
        environments = {each.key: each for each in self.request.shell.environments}
        return Given(
            self.request.actor,
            self.get("comment"),
            self.get("tag").strip().removeprefix("#"),
            self.owners.get(self.get("owner")),
            environments.get(self.get("environment")),
        )

    @property
    def is_missing_something(self) -> bool:
        given = self.given
        return (
            self.act is None
            or {
                "": False,
                "tag": not given.tag,
                "owner": "owner" not in self.request.POST,
                "environment": given.environment is None,
            }[self.act.asks]
        )

    def check(self) -> None:
        """Raises Invalid for an owner who is no member."""
        if self.get("owner") and self.given.owner is None:
            raise Invalid([Fault("owner", "There is no such member in this organization.")])

    @property
    def asks_for_a_yes(self) -> bool:
        """A protected environment does, by its key; and so do all flags that match, by their number."""
        environment = self.given.environment if self.act and self.act.asks == "environment" else None
        if environment is not None and environment.is_protected:
            return bool(self.get("confirmed") != environment.key)
        return self.is_all and not self.get("confirmed")

    def _progress(self) -> Progress:
        failures: dict[str, list[str]] = {}
        for text in self.request.POST.getlist("failed"):
            key, _, message = text.partition(" ")
            failures.setdefault(message, []).append(key)
        total = self.get("total") or (self._matching().count() if self.is_all else len(self.keys))
        changed = [key for key in self.get("changed").split(COMMAS) if key]
        return Progress(
            self.get("done") or 0, total, changed, set(filter(None, self.get("was").split(COMMAS))), failures
        )

    def _matching(self) -> Any:
        return self.filters.flags().order_by("key")

    def next_flags(self) -> tuple[list[Flag], list[tuple[str, str]]]:
        """Those of this request, and what names the rest, as hidden inputs; nothing where this was the last of it."""
        if not self.is_all:
            now, rest = self.keys[:AT_ONCE], self.keys[AT_ONCE:]
            return self._named(now), [("keys", COMMAS.join(rest))] if rest else []
        found = list(self._matching().filter(key__gt=self.get("after"))[: AT_ONCE + 1])
        flags, more = found[:AT_ONCE], found[AT_ONCE:]
        return flags, [*self.selection, ("after", flags[-1].key)] if more else []

    def _named(self, keys: Sequence[str]) -> list[Flag]:
        flags = selectors.flags_of(self.project, self.request.actor, archived=None)
        return list(flags.filter(key__in=[key for key in keys if "\0" not in key]))

    @property
    def selection(self) -> list[tuple[str, str]]:
        return [("all", "yes"), ("query", self.get("query"))] if self.is_all else [("keys", COMMAS.join(self.keys))]

    @property
    def told(self) -> list[tuple[str, str]]:
        """What the act was told, as hidden inputs."""
        names = ("tag", "owner", "environment", "confirmed", "comment")
        return [(name, self.get(name)) for name in names if name in self.request.POST]
