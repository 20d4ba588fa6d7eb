"""Who asks, and of what: all that an answer needs beside the question."""

from dataclasses import dataclass, field
from typing import NamedTuple

from ..core.model import Ruleset


class Written(NamedTuple):
    """An answer's bytes and their entity tag."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class View:
    """What one key sees of one environment at one version.

    `written` keeps the answers to who says nothing of itself, by the environment's key and the kind of API key.
    """

    environment_key: str
    ruleset: Ruleset
    checksum: str
    client: bool
    key_sha256: str
    written: dict[tuple[str, bool], Written] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        return "client" if self.client else "server"
