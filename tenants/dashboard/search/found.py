"""What was asked, and what is called so. Apps above tell here how their own things are found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import Case, Q, Value, When

from tenants.actors import Actor
from tenants.models import Environment, Organization, Project

MOST_WORDS = 8
MOST_ENVIRONMENTS = 500
# In this order they are shown.
KINDS = (
    "Commands",
    "Flags",
    "Actions",
    "Pages",
    "Segments",
    "Experiments",
    "Projects",
    "Environments",
    "Members",
    "Keys",
    "Webhooks",
    "Organizations",
)


@dataclass(frozen=True)
class Question:
    """`organization` and `project` are where one is; an organization narrows what is found, a project comes first."""

    actor: Actor
    text: str
    organization: Organization | None
    project: Project | None
    most: int

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(self.text.lower().split()[:MOST_WORDS])

    @cached_property
    def environments(self) -> list[Environment]:
        """Those that the actor sees, with their projects and organizations; one query, whoever asks."""
        rows = self._here(Environment.objects.visible_to(self.actor)).select_related("project", "organization")
        return list(rows[:MOST_ENVIRONMENTS])

    def holds(self, *texts: str) -> bool:
        """Whether every word stands in one of the texts."""
        lowered = [text.lower() for text in texts]
        return all(any(word in text for text in lowered) for word in self.words)

    def named(self, rows: Any, *columns: str, words: Iterable[str] | None = None, near: str = "project") -> list[Any]:
        """The first of the rows that hold every word in one of the columns: those of the project first, then those
        that begin so. `near` is the column with the project; "" where there is none."""
        asked = list(self.words if words is None else words)
        if not asked or "\0" in self.text:  # PostgreSQL refuses to look for it
            return []
        for word in asked:
            rows = rows.filter(_any_of(columns, "icontains", word))
        begins = Case(When(_any_of(columns, "istartswith", " ".join(asked)), then=Value(0)), default=Value(1))
        here = [_first(Q(**{near: self.project}))] if near and self.project else []
        return list(self._here(rows).order_by(*here, begins, columns[0], "pk")[: self.most])

    def _here(self, rows: Any) -> Any:
        return rows if self.organization is None else rows.filter(organization=self.organization)


def _any_of(columns: Iterable[str], lookup: str, text: str) -> Q:
    return reduce(or_, (Q(**{f"{column}__{lookup}": text}) for column in columns))


def _first(condition: Q) -> Case:
    return Case(When(condition, then=Value(0)), default=Value(1))


@dataclass(frozen=True, slots=True)
class Found:
    """One line. `theme` is sent to where themes are chosen instead of going to `address`."""

    kind: str
    title: str
    address: str = ""
    icon: str = "arrow"
    key: str = ""
    place: str = ""
    theme: str | None = None


Finder = Callable[[Question], Iterable[Found]]
_finders: list[Finder] = []


def find_by(*finders: Finder) -> None:
    """Told once, when apps are ready."""
    _finders.extend(finders)


def found_for(question: Question, *own: Finder) -> dict[str, list[Found]]:
    """By kind, and no kind of which there is nothing."""
    groups: dict[str, list[Found]] = {kind: [] for kind in KINDS}
    for finder in (*own, *_finders):
        for one in finder(question):
            groups[one.kind].append(one)
    return {kind: group for kind, group in groups.items() if group}
