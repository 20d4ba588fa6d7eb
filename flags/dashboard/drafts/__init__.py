"""What somebody types about a flag in one environment, before it is saved. The server keeps nothing: the form carries it all.

A draft is the document itself, sealed into a hidden field, and inputs for what can be typed, each named by its path. What
differs from what was shown is written into the document; the rest stays as it is. Pure, but for the seal.
"""

from dataclasses import dataclass
from typing import Any

from django.core import signing

from flags.dashboard.drafts.form import State, StateForm, form_of
from flags.dashboard.drafts.inputs import Input, place, type_into
from flags.dashboard.drafts.merging import merged
from flags.dashboard.drafts.operations import operate

__all__ = ["Draft", "Input", "State", "StateForm", "form_of", "merged", "operate", "place", "type_into"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A state as it is being written, and the version that it began from."""

    version: int
    state: State

    def sealed(self, where: str) -> str:
        """As text that a form can carry; `where` names the flag and the environment that it is for."""
        return signing.dumps([self.version, self.state], salt=f"draft of {where}", compress=True)

    @classmethod
    def opened(cls, text: Any, where: str) -> "Draft | None":
        """What was sealed for the same place; None for anything else. Being ours, its shape is sound."""
        try:
            version, state = signing.loads(text or "", salt=f"draft of {where}")
        except signing.BadSignature:
            return None
        return cls(version, state)
