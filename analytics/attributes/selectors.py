"""What is known of the attributes that contexts have, in one environment or in several together."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics.attributes import privacy, seen
from analytics.attributes.classes import classes_of
from analytics.attributes.privacy import EVERY_CONTEXT
from analytics.attributes.seen import Seen, Value
from analytics.models import SeenAttribute
from analytics.tallies import unpressed
from evaluation.wire.observed import Classes, PrivacyClass, class_of
from tenants.models import Environment, Project


@dataclass(frozen=True, slots=True)
class Attribute:
    """`environments` are the ids of those that it was seen in; `share` is its part (0 … 1) of all their contexts."""

    name: str
    privacy: PrivacyClass
    seen: Seen
    share: float
    first_seen: datetime
    last_seen: datetime
    environments: Sequence[str]

    @property
    def types(self) -> Mapping[str, int]:
        """With how many contexts had it so, the most frequent first."""
        return dict(sorted(self.seen["types"].items(), key=lambda each: -each[1]))

    @property
    def kinds(self) -> list[str]:
        """Of the keys that told of it."""
        return sorted(self.seen["kinds"])

    @property
    def values(self) -> list[Value]:
        return seen.values(self.seen)

    @property
    def shown_values(self) -> list[Value]:
        """The first few, for people: of very many that are only counted each one says nothing."""
        return [each for each in self.values if each.is_known or not self.is_estimated][:5]

    @property
    def distinct(self) -> int:
        return seen.distinct(self.seen)

    @property
    def is_estimated(self) -> bool:
        return not seen.has_all_values(self.seen)


def rows_in(environments: Iterable[Environment]) -> Any:
    """Of attributes, not of the contexts themselves."""
    return SeenAttribute.objects.filter(environment__in=environments).exclude(name=EVERY_CONTEXT)


def attributes_of(
    project: Project, environments: Collection[Environment], names: Collection[str] | None = None
) -> list[Attribute]:
    """In the order of their names; what several environments saw is added up. Two queries."""
    rows: Any = SeenAttribute.objects.filter(environment__in=environments)
    if names is not None:
        rows = rows.filter(name__in=[*names, EVERY_CONTEXT])
    by_name: defaultdict[str, list[SeenAttribute]] = defaultdict(list)
    for row in rows.order_by("name", "environment_id"):
        by_name[row.name].append(row)
    every = sum(unpressed(bytes(row.content)).get("contexts", 0) for row in by_name.pop(EVERY_CONTEXT, ()))
    classes = classes_of(project)
    return [_attribute(name, found, classes, every) for name, found in by_name.items()]


def _attribute(name: str, rows: Sequence[SeenAttribute], classes: Classes, every: int) -> Attribute:
    wanted = class_of(name, classes)
    whole = seen.merged(unpressed(bytes(row.content)) for row in rows)
    whole["values"] = dict(privacy.stricter(name, whole.get("values", {}), wanted))
    return Attribute(
        name,
        wanted,
        whole,
        min(1.0, whole["contexts"] / every) if every else 0.0,
        min(row.first_seen for row in rows),
        max(row.last_seen for row in rows),
        [row.environment_id for row in rows],
    )
