"""What answers while there is nothing to answer from."""

from ..core.model import Answer
from .serving import Asker, refused


class Unready:
    """Every question is PROVIDER_NOT_READY, with the reason in words."""

    def __init__(self, why: str) -> None:
        self.why = why

    def answer(self, key: str, asker: Asker) -> Answer:
        return refused(key, "PROVIDER_NOT_READY", self.why)

    def all(self, asker: Asker) -> list[Answer]:
        return []
