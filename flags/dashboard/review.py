"""What saving a state would change: in words, in people who move, and in what is wrong or worth a warning."""

from collections.abc import Sequence
from functools import cached_property

from flags import documents, services
from flags.dashboard import words
from flags.dashboard.drafts import State
from flags.dashboard.drafts.inputs import Fault
from flags.dashboard.moves import Move, moves
from flags.models import FlagConfig
from flags.services.saving import same
from tenants.problems import Invalid, TooMany


class Review:
    """A state beside the one that it would take the place of; the database is asked once, and only if they differ."""

    def __init__(self, base: FlagConfig, state: State, *, origin: FlagConfig | None = None) -> None:
        """`origin` is the state of another environment that parts were taken from."""
        self.base, self.state, self.origin = base, state, origin

    @cached_property
    def is_edited(self) -> bool:
        return not same(documents.config_body(self.base), self.state)

    @cached_property
    def changes(self) -> list[words.Change]:
        return words.changes(documents.config_body(self.base), self.state)

    @property
    def changed_parts(self) -> set[str]:
        """The places that differ, by their words, and the rules, by their paths."""
        known = {rule["id"]: rule for rule in documents.config_body(self.base)["rules"]}
        rules = enumerate(self.state["rules"])
        changed = (f"rules[{index}]" for index, rule in rules if not same(rule, known.get(rule.get("id"))))
        return {change.where for change in self.changes}.union(changed)

    @cached_property
    def _checked(self) -> documents.State | Invalid | TooMany | None:
        try:
            return services.check_config(self.base, self.state, origin=self.origin) if self.is_edited else None
        except (Invalid, TooMany) as refusal:
            return refusal

    @property
    def faults(self) -> Sequence[Fault]:
        return self._checked.faults if isinstance(self._checked, Invalid) else ()

    @property
    def refusals(self) -> list[str]:
        """Everything that is wrong, for who reads it away from the inputs."""
        if isinstance(self._checked, TooMany):
            return [self._checked.detail]
        return [words.located(fault.path, fault.message, self.state) for fault in self.faults]

    @property
    def moves(self) -> list[Move]:
        if not isinstance(self._checked, documents.State):
            return []
        return moves(documents.state_fields(self.base), self._checked.fields)

    @property
    def warnings(self) -> list[str]:
        found = self._checked.warnings if isinstance(self._checked, documents.State) else ()
        return [words.placed(warning, self.state) for warning in found]
