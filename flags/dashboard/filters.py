"""Which flags somebody looks for in the list, and in which order."""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Count, F, Max, OuterRef, Subquery, TextField
from django.db.models.functions import Cast, Coalesce, Greatest, Lower
from django.utils import timezone

from flags import selectors, traffic
from flags.elements import holds
from flags.models import Flag, FlagConfig
from flags.watching.watchers import watched_by
from tenants.actors import Actor
from tenants.models import Environment, Project, User

STATES = {"on": "On in", "off": "Off in", "killed": "Killed in"}
ORDERS = {"": "By key", "name": "By name", "changed": "Latest change first"}
LABELS = {"state": "State", "kind": "Kind", "tag": "Tag", "owner": "Owner", "sort": "Order"}
ME, NOBODY = "me", "nobody"
Choices = list[tuple[str, Any]]


class Filters(forms.Form):
    """Anything may be asked for by the address; what does not exist is found nowhere."""

    search = forms.CharField(required=False, max_length=200)
    archived = forms.BooleanField(required=False)
    kind = forms.CharField(required=False)
    tag = forms.CharField(required=False)
    owner = forms.CharField(required=False)
    state = forms.CharField(required=False)
    watched = forms.BooleanField(required=False)
    stale = forms.BooleanField(required=False)
    sort = forms.CharField(required=False)

    def __init__(self, asked: Any, project: Project, environments: list[Environment], actor: Actor) -> None:
        super().__init__(asked)
        self.project, self.environments, self.actor = project, environments, actor
        self.used = 0
        self.is_valid()

    @property
    def given(self) -> dict[str, Any]:
        """What was asked for, as the shortest query that asks for it."""
        return {name: value if value is not True else "yes" for name, value in self.cleaned_data.items() if value}

    @property
    def is_narrow(self) -> bool:
        return bool(self.given.keys() - {"sort", "archived"})

    def flags(self) -> Any:
        """A queryset in the order that was asked for."""
        asked = self.cleaned_data.get
        flags = selectors.flags_of(
            self.project, self.actor, archived=bool(asked("archived")), search=asked("search") or ""
        )
        for name, narrowed in NARROWINGS.items():
            if value := asked(name):
                flags = narrowed(self, flags, value)
        return self._sorted(flags, asked("sort"))

    def in_state(self, flags: Any, value: str) -> Any:
        key, _, state = value.partition(":")
        environment = next((each for each in self.environments if each.key == key), None)
        if environment is None or state not in STATES:
            return flags.none()
        there = FlagConfig.objects.filter(environment=environment)
        if state == "off":
            return flags.exclude(pk__in=there.filter(enabled=True).values("flag"))
        wanted = there.filter(enabled=True) if state == "on" else there.filter(killed_at__isnull=False)
        return flags.filter(pk__in=wanted.values("flag"))

    def owned_by(self, flags: Any, owner: str) -> Any:
        if owner == NOBODY:
            return flags.filter(owner=None)
        return flags.filter(owner=self.actor.id if owner == ME else owner)

    def _sorted(self, flags: Any, order: str | None) -> Any:
        if order == "name":
            return flags.order_by(Lower("name"), "key")
        if order != "changed":
            return flags
        states = FlagConfig.objects.filter(flag=OuterRef("pk"), environment__in=self.environments).order_by()
        latest = states.values("flag").annotate(at=Max("updated_at")).values("at")
        changed_at = Greatest("updated_at", Coalesce(Subquery(latest), F("updated_at")))
        return flags.order_by(changed_at.desc(), "key")

    def offer(self) -> None:
        """Fill the selects; the empty choice asks for nothing. `used` becomes how many flags the project has."""
        tags, owners = self._in_use()
        states = [
            (each.name, [(f"{each.key}:{state}", f"{word} {each.name}") for state, word in STATES.items()])
            for each in self.environments
        ]
        choices: dict[str, Choices] = {
            "state": [("", "Any state"), *states],
            "kind": [("", "Any kind"), *((kind, kind) for kind in Flag.Kind.values)],
            "tag": [("", "Any tag"), *((tag, f"#{tag}") for tag in tags)],
            "owner": [("", "Any owner"), (ME, "Me"), (NOBODY, "Nobody"), *owners],
            "sort": list(ORDERS.items()),
        }
        for name, offered in choices.items():
            self.fields[name].widget = forms.Select({"class": "input", "aria-label": LABELS[name]}, offered)

    def _in_use(self) -> tuple[list[str], Choices]:
        """The tags, and the owners with what they are called, of all flags of the project.

        Two queries, one of which counts the flags besides.
        """
        flags = selectors.flags_of(self.project, self.actor, archived=None).order_by()
        # As text: a thousand flags have a handful of lists of tags, each of which is read once.
        told = flags.annotate(told=Cast("tags", TextField())).values_list("told", "owner").annotate(count=Count("pk"))
        found = list(told)
        self.used = sum(count for *_, count in found)
        owners = {owner for _, owner, _ in found if owner is not None}
        tags = {tag for told in {told for told, *_ in found} for tag in json.loads(told)}
        people = User.objects.filter(pk__in=owners).order_by("name", "email").values_list("pk", "name", "email")
        return sorted(tags), [(pk, name or email) for pk, name, email in people]


Narrowing = Callable[[Filters, Any, str], Any]
NARROWINGS: dict[str, Narrowing] = {
    "kind": lambda filters, flags, kind: flags.filter(kind=kind),
    "tag": lambda filters, flags, tag: flags.filter(holds("tags", tag)),
    "owner": Filters.owned_by,
    "state": Filters.in_state,
    "watched": lambda filters, flags, watched: flags.filter(watched_by(filters.actor.user)),
    "stale": lambda filters, flags, stale: flags.filter(
        key__in=traffic.stale_keys(filters.project, timezone.now()), is_permanent=False
    ),
}
