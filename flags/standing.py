"""What stands on a flag, told by whichever app above knows it: as long as something does, the flag does not go."""

from collections.abc import Callable, Iterator
from typing import Literal

from flags.models import Flag

Going = Literal["archived", "deleted"]
# Why the flag cannot go now, and what to do about it, as sentences.
Source = Callable[[Flag, Going], Iterator[str]]
_sources: list[Source] = []


def learn_from(source: Source) -> None:
    """For an app that is above this one, when it is ready."""
    if source not in _sources:
        _sources.append(source)


def stands_on(flag: Flag, going: Going) -> list[str]:
    return [said for source in _sources for said in source(flag, going)]
