"""A flag in two environments beside each other, with what both had last, and what taking parts of it would change."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from flags import documents, parts, selectors
from flags.agreement import Agreement, Version, agreement
from flags.dashboard.parts import lines_of, title_of
from flags.dashboard.review import Review
from flags.models import FlagConfig

# So many versions of each environment are looked at for what both had in common.
LOOKED_BACK = 50


@dataclass(frozen=True, slots=True)
class Part:
    """`then` is what both had before one of them changed it; nothing where that lies too far back."""

    name: str
    title: str
    source: Sequence[str]
    target: Sequence[str]
    then: Sequence[str]
    agreement: Agreement
    is_chosen: bool


class Comparison:
    """From a source to a target, of the same flag. Asks for the versions of both, and once for what would be checked."""

    def __init__(self, source: FlagConfig, target: FlagConfig, chosen: Collection[str] | None = None) -> None:
        """`chosen` are names of parts; None leaves the choice to `_is_offered`."""
        self.source, self.target = source, target
        self.theirs, self.ours = documents.config_body(source), documents.config_body(target)
        self._chosen = chosen

    @cached_property
    def differing(self) -> list[str]:
        return parts.differing(self.theirs, self.ours)

    @cached_property
    def parts(self) -> list[Part]:
        if not self.differing:
            return []
        source, target = _versions(self.source), _versions(self.target)
        return [self._part(name, agreement(name, source, target)) for name in self.differing]

    def _part(self, name: str, found: Agreement) -> Part:
        then = () if found.body is None else lines_of(name, found.body, self.ours)
        is_chosen = _is_offered(name, found) if self._chosen is None else name in self._chosen
        sides = lines_of(name, self.theirs, self.ours), lines_of(name, self.ours, self.theirs)
        return Part(name, title_of(name, self.theirs, self.ours), *sides, then, found, is_chosen)

    @property
    def same(self) -> list[str]:
        """Titles of what is the same in both, of the parts that hold something."""
        alike = (part for part in parts.parts_of(self.theirs) if part not in self.differing and part != "order")
        return [title_of(part, self.theirs) for part in alike if parts.held(part, self.theirs)]

    @cached_property
    def chosen(self) -> list[str]:
        return [part.name for part in self.parts if part.is_chosen]

    @cached_property
    def review(self) -> Review:
        """What the target would be with the chosen parts."""
        return Review(self.target, parts.taken(self.theirs, self.ours, self.chosen), origin=self.source)


def _is_offered(name: str, found: Agreement) -> bool:
    """What only the source changed undoes nothing. To turn something on is a decision of its own."""
    return name != "enabled" and found.since == "source"


def _versions(config: FlagConfig) -> list[Version]:
    rows = list(selectors.versions_of(config.flag, config.environment)[:LOOKED_BACK])
    if not rows:
        return [Version(None, documents.config_body(config))]
    # Version 1 is the default state, which held from the beginning.
    return [Version(row.history_date if row.version > 1 else None, documents.config_body(row.instance)) for row in rows]
