"""Who asks, and of what: all that an answer needs beside the question."""

from dataclasses import dataclass, field
from typing import NamedTuple

from ..core.model import Ruleset


class Written(NamedTuple):
    """An answer's bytes and their entity tag."""

    body: bytes
    etag: str


# So many questions that differ by their query are recognized, and no longer ones.
MOST_TAGS = 20_000
LONGEST_QUERY = 300


@dataclass(slots=True)
class Repeated:
    """What of one manifest's answers may be said again as it is, each by the environment's key and whether a client asks.

    `whole` answers who says nothing of itself. `tags` are those of answers by the query that they were asked with.
    """

    whole: dict[tuple[str, bool], Written] = field(default_factory=dict)
    tags: dict[tuple[str, bool, str], str] = field(default_factory=dict)

    def keep_tag(self, name: tuple[str, bool, str], etag: str) -> None:
        if len(self.tags) < MOST_TAGS and len(name[2]) <= LONGEST_QUERY:
            self.tags[name] = etag

    def forget(self) -> None:
        """There is a newer manifest."""
        self.whole.clear()
        self.tags.clear()


class View(NamedTuple):
    """What one key sees of one environment at one version."""

    environment_key: str
    ruleset: Ruleset
    checksum: str
    client: bool
    key_sha256: str
    repeated: Repeated

    @property
    def scope(self) -> str:
        return "client" if self.client else "server"
