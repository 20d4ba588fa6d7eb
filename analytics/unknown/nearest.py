"""The existing key that somebody probably meant, found among thousands without comparing with each."""

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

# Among so many that share the most pairs of letters, the most similar one is looked for.
COMPARED = 8
SIMILAR = 0.75
LONGEST_COMPARED = 100


class Nearest:
    """Holds keys by the pairs of letters in them."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._with: dict[str, list[str]] = {}
        for key in keys:
            for pair in _pairs(key):
                self._with.setdefault(pair, []).append(key)

    def to(self, word: str) -> str:
        """The most similar key, whatever its case; "" where none is similar."""
        word = word[:LONGEST_COMPARED]
        shared = Counter(key for pair in _pairs(word) for key in self._with.get(pair, ()))
        candidates = sorted(shared, key=lambda key: (-shared[key] / (len(key) + len(word)), key))[:COMPARED]
        rated = [(_similarity(word, key), key) for key in candidates]
        best = max(rated, default=(0.0, ""), key=lambda each: each[0])
        return best[1] if best[0] >= SIMILAR else ""


def _pairs(text: str) -> Iterator[str]:
    folded = f" {text[:LONGEST_COMPARED].casefold()} "
    return iter({folded[index : index + 2] for index in range(len(folded) - 1)})


def _similarity(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()
