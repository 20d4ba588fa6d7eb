"""How large it is, and where chance comes from."""

from dataclasses import dataclass, field
from random import Random

from tenants.models import Environment, Project


@dataclass(frozen=True, slots=True)
class Sizes:
    flags: int = 1_000
    segments: int = 100
    members: int = 200
    days: int = 90
    events: int = 2_000
    webhooks: int = 10
    deliveries: int = 2_000
    experiments: int = 20


@dataclass(frozen=True, slots=True)
class Ground:
    """Where everything is made. `number` seeds all chance."""

    project: Project
    environments: list[Environment]
    number: int
    sizes: Sizes = field(default_factory=Sizes)

    def chance(self, what: str) -> Random:
        """Of its own for each part, so that one part more changes no other."""
        return Random(f"{self.number} {what}")  # noqa: S311  (for looks, not for secrets)
