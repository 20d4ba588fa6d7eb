"""Who asks, and of what: all that an answer needs beside the question."""

from dataclasses import dataclass

from ..core.model import Ruleset


@dataclass(frozen=True, slots=True)
class View:
    """What one key sees of one environment at one version."""

    environment_key: str
    ruleset: Ruleset
    checksum: str
    client: bool
    key_sha256: str

    @property
    def scope(self) -> str:
        return "client" if self.client else "server"
