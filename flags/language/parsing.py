"""From text to body: read by the grammar, then checked by the core as every body is."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.core.parse import parse_config, parse_segment
from evaluation.core.values import InvalidDefinition
from flags.language.notes import Node, Notes
from flags.language.places import PathFault, Place, TextFault, located, with_lines
from flags.language.states import read_membership, read_state
from flags.language.syntax import BadSyntax, tree_of

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text came to: the body as the API takes it, or (then the body is None) all that is wrong with it."""

    body: Body | None
    faults: tuple[TextFault, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)

    def located(self, faults: Iterable[PathFault]) -> tuple[TextFault, ...]:
        """Faults that somebody else found in the body, such as a segment that does not exist, as faults of the text."""
        return located(faults, self.places)

    def with_lines(self, message: str) -> str:
        """A warning about the body as one about the text."""
        return with_lines(message, self.places)


def parse_rules(text: str, *, variants: Collection[str]) -> Parsed:
    """A flag's state without `enabled`; `variants` are the names of the flag's.

    The body always has `prerequisites`, `targets` and `rules`; `off` and `fallthrough` only where the text speaks of them.
    It is checked as far as that goes without the database: whether segments and other flags exist is not known here.
    """
    return _parsed(text, "state", read_state, lambda body: parse_config(body, variants=variants))


def parse_membership(text: str) -> Parsed:
    """A segment's `included`, `excluded` and `rules`."""
    return _parsed(text, "membership", read_membership, parse_segment)


def _parsed(text: str, start: str, read: Callable[[Node, Notes], Body], check: Callable[[Body], Body]) -> Parsed:
    notes = Notes()
    try:
        body = read(tree_of(text, start), notes)
        notes.settle()
        checked = check(body)
    except BadSyntax as error:
        return Parsed(None, (error.fault,))
    except InvalidDefinition as error:
        return Parsed(None, located(error.faults, notes.places), notes.places)
    return Parsed({name: checked[name] for name in body}, (), notes.places)
