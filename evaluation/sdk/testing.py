"""Flags for an application's tests: set in a line, seen at once, judged as the real ones, and without a server."""

import weakref
from collections.abc import Callable, Mapping
from typing import Any, Self

from ..core.manifest import FORMAT, ruleset_from
from ..core.model import Ruleset
from .client import Client

BOOLEAN = {"on": True, "off": False}
_TYPES = {bool: "boolean", str: "string", int: "integer", float: "double", dict: "json", list: "json"}
_WIDTH = 1_000  # ranges count thousandths of a per cent
Json = dict[str, Any]


class TestData:
    """Flags by their keys; every client that was made from here sees each change before the call that makes it returns.

    What no flag may be raises ValueError, and changes nothing.
    """

    __test__ = False  # a name that pytest would take for tests

    def __init__(self, **values: Any) -> None:
        self._flags: dict[str, Json] = {}
        self._segments: dict[str, Json] = {}
        self._version = 0
        self._clients: weakref.WeakSet[Client] = weakref.WeakSet()
        for key, value in values.items():
            self.set(key, value)

    def set(self, key: str, value: Any) -> None:
        """This value for everybody; the type of the flag is that of the value."""
        self.flag(key, {"value": value})

    def flag(self, key: str, variants: Mapping[str, Any] = BOOLEAN) -> "FlagData":
        """A new flag, in the place of one with this key; it serves the first variant until it is told otherwise."""
        kinds = {_TYPES.get(type(value), "") for value in variants.values()}
        if len(kinds) != 1 or kinds == {""}:
            raise ValueError(f"{dict(variants)!r} are no variants of one type")
        salt = {"salt": key, "version": self._version + 1, "client_visible": True, "metadata": {}}
        document = {"type": kinds.pop(), "variants": dict(variants), "enabled": True, "off": None, **salt}
        made = FlagData(key, lambda flag: self._put_flag(key, flag))
        made.change({**document, "rules": [], "targets": [], "fallthrough": {"variant": next(iter(variants))}})
        return made

    def segment(self, key: str, *included: str, rules: list[Json] | None = None) -> None:
        """A segment of these people, and of whom any of the rules (conditions) holds."""
        self._put(
            self._flags, {**self._segments, key: {"included": list(included), "excluded": [], "rules": rules or []}}
        )

    def remove(self, key: str) -> None:
        """The flag is not there any more."""
        self._put({name: flag for name, flag in self._flags.items() if name != key}, self._segments)

    def client(self, **options: Any) -> Client:
        """A client that is ready, and touches no network; options as those of every client."""
        made = Client(**{"mode": "offline", "bootstrap": self._ruleset(self._flags, self._segments), **options})
        self._clients.add(made)
        return made

    def close(self) -> None:
        """Close the clients that were made from here."""
        for client in self._clients:
            client.close()

    def _put_flag(self, key: str, flag: Json) -> None:
        self._put({**self._flags, key: flag}, self._segments)

    def _put(self, flags: dict[str, Json], segments: dict[str, Json]) -> None:
        ruleset = self._ruleset(flags, segments)
        if ruleset.unreadable:
            raise ValueError("; ".join(f"{key}: {why}" for key, why in ruleset.unreadable.items()))
        self._flags, self._segments, self._version = flags, segments, ruleset.version
        for client in self._clients:
            client._use(ruleset)

    def _ruleset(self, flags: dict[str, Json], segments: dict[str, Json]) -> Ruleset:
        document = {"format": FORMAT, "environment": "test", "version": self._version + 1}
        return ruleset_from({**document, "flags": flags, "segments": segments})


class FlagData:
    """One flag of the test data. Every method changes it at once and returns it, so that they may stand in a row."""

    def __init__(self, key: str, keep: Callable[[Json], None]) -> None:
        self.key, self._keep = key, keep
        self._document: Json = {}

    def change(self, members: Mapping[str, Any]) -> Self:
        """Members of the flag, as a manifest has them."""
        changed = {**self._document, **members}
        self._keep(changed)
        self._document = changed
        return self

    def serves(self, variant: str | None) -> Self:
        """Whoever no target and no rule is about; None: the application's own default."""
        return self.change({"fallthrough": None if variant is None else {"variant": variant}})

    def splits(self, by: str = "targetingKey", **weights: float) -> Self:
        """The same in per cent by variant: `splits(on=25, off=75)`."""
        return self.change(
            {"fallthrough": {"split": {"by": by, "salt": self._document["salt"], "ranges": _ranges(weights)}}}
        )

    def off(self, variant: str | None = None) -> Self:
        """Disabled: it serves this variant, or nothing."""
        return self.change({"enabled": False, "off": variant})

    def on(self) -> Self:
        return self.change({"enabled": True})

    def target(self, variant: str, *people: str) -> Self:
        return self.change({"targets": [*self._document["targets"], {"variant": variant, "values": list(people)}]})

    def rule(self, variant: str, *conditions: Json, **attributes: Any) -> Self:
        """The next rule: this variant where all conditions hold and all attributes are so, or one of a list.

        A condition is written as in a flag: `{"attribute": "age", "op": "gte", "values": [18]}` or `{"segment": "staff"}`.
        """
        equal = [{"attribute": name, "op": "in", "values": _list(value)} for name, value in attributes.items()]
        rules, wanted = self._document["rules"], [*conditions, *equal]
        named = {"id": f"r{len(rules) + 1}", **({"if": {"all": wanted}} if wanted else {})}
        return self.change({"rules": [*rules, {**named, "serve": {"variant": variant}}]})

    def metadata(self, **members: bool | str | float) -> Self:
        return self.change({"metadata": members})


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def _ranges(weights: Mapping[str, float]) -> list[list[Any]]:
    if round(sum(weights.values()) * _WIDTH) != 100 * _WIDTH:
        raise ValueError(f"the weights {dict(weights)!r} do not make 100")
    ranges, begin = [], 0
    for variant, weight in weights.items():
        ranges.append([variant, begin, begin + round(weight * _WIDTH)])
        begin += round(weight * _WIDTH)
    return ranges
