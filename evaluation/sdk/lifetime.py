"""How long what came from a server may be used: fresh, then stale, then expired."""

from dataclasses import dataclass
from typing import Literal

State = Literal["fresh", "stale", "expired"]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Seconds since somebody last said that it is so.

    Fresh it is used; stale it is used too, and asked for anew behind; expired it is used only while nobody answers.
    """

    fresh_seconds: float
    expires_seconds: float

    def __post_init__(self) -> None:
        if not 0 < self.fresh_seconds <= self.expires_seconds:
            raise ValueError("what expires must first have been fresh")

    def state(self, age: float) -> State:
        if age <= self.fresh_seconds:
            return "fresh"
        return "stale" if age <= self.expires_seconds else "expired"

    def may_be_used(self, age: float, *, is_failing: bool) -> bool:
        return is_failing or self.state(age) != "expired"
