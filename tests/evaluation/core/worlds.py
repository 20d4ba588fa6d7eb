"""Random manifests and contexts from one small world, so that conditions and contexts meet often."""

from itertools import pairwise
from random import Random
from typing import Any

from evaluation.core.operators import OPERATORS

Document = dict[str, Any]

TEXTS = [
    "",
    "a",
    "A",
    "abc",
    "7",
    "01",
    "1e3",
    "1.2.3",
    "v2.0.0-rc.1",
    "10.0.0.1",
    "::1",
    "::ffff:10.0.0.1",
    "user-1",
    "ß",
    "SS",
]
ODD_TEXTS = [
    "2026-11-21T10:00:00Z",
    "2026-11-20T10:00:00.5+05:30",
    "2016-12-31T23:59:60Z",
    "\ud800",
    "fe80::1%eth0",
    "\0",
]
NUMBERS = [0, 1, 7, -7, 1.0, 5.0, 1.5, -0.0, 2**53 - 1, 2**53, 1e300, float("nan"), float("inf"), 10**400]
SCALARS = [None, True, False, *TEXTS, *ODD_TEXTS, *NUMBERS]
NAMES = ["a", "b", "a.b", "a.b.c", "targetingKey", "plan"]
MEMBERS = ["a", "b", "a.b", "targetingKey", "plan", "now", "user_id", "userId"]
KEYS = ["user-1", "7", 7, 1, "a", "abc"]
VARIANTS = ["on", "off", "third"]

WRITTEN: dict[str, list[Any]] = {
    "in": [True, False, 0, 1, 7, 1.5, "", "a", "A", "7", "abc", "ß"],
    "text": ["a", "b", "ss", "AB", "."],
    "matches": ["a", "^A", "[0-9]+", ".", "c$"],
    "number": [0, 1.5, -7, 2**53 - 1],
    "moment": ["2026-11-21T10:00:00Z", 0, "-1d", "+2w"],
    "version": ["1.2.3", "v2", "2.0.0-rc.1"],
    "semver_range": ["^1.2", ">=1 <2", "~1.2.3"],
    "cidr": ["10.0.0.0/8", "::/0", "127.0.0.1"],
}
KIN = {"has_all": "in", "before": "moment", "after": "moment"}
KIN |= dict.fromkeys(["contains", "starts_with", "ends_with"], "text") | dict.fromkeys(
    ["gt", "gte", "lt", "lte"], "number"
)
KIN |= dict.fromkeys([op for op in OPERATORS if op.startswith("semver_") and op != "semver_range"], "version")


class World:
    """Everything drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def manifest(self) -> Document:
        """Five flags, of which later ones may ask earlier ones, and three segments likewise."""
        flags = {f"f{n}": self.flag([f"f{earlier}" for earlier in range(n)]) for n in range(5)}
        segments = {f"s{n}": self.segment([f"s{earlier}" for earlier in range(n)]) for n in range(3)}
        return {"format": 1, "environment": "e", "version": 1, "issued": "", "flags": flags, "segments": segments}

    def segment(self, segments: list[str]) -> Document:
        return {
            "included": self.random.sample(KEYS, 1),
            "excluded": self.random.sample(KEYS, 1),
            "rules": [self.node(segments, []) for _ in range(self.random.randrange(3))],
        }

    def flag(self, flags: list[str]) -> Document:
        segments = ["s0", "s1", "s2"]
        return {
            "type": "string",
            "variants": {name: f"value {name}" for name in VARIANTS},
            "salt": self.random.choice(["x", "ü", "flag"]),
            "client_visible": self.chance(0.8),
            "metadata": {"team": "shop"} if self.chance(0.3) else {},
            "version": 1,
            "enabled": self.chance(0.85),
            "off": self.random.choice([None, "off"]),
            "prerequisites": self.node(segments, flags) if self.chance(0.3) else None,
            "targets": [{"variant": "third", "values": self.random.sample(KEYS, 2)}] if self.chance(0.2) else [],
            "rules": [self.rule(f"r{n}", segments) for n in range(self.random.randrange(4))],
            "fallthrough": self.serve(VARIANTS) if self.chance(0.9) else None,
        }

    def rule(self, name: str, segments: list[str]) -> Document:
        condition = {"if": self.node(segments, [])} if self.chance(0.9) else {}
        return {"id": name, **condition, "serve": self.serve([*VARIANTS, None])}

    def serve(self, variants: list[Any]) -> Document:
        if self.chance(0.3):
            return {"variant": self.random.choice(VARIANTS)}
        cuts = [0, *sorted(self.random.sample(range(1, 100_000), self.random.randrange(4))), 100_000]
        ranges = [[self.random.choice(variants), start, end] for start, end in pairwise(cuts)]
        by = {"by": self.random.choice(NAMES)} if self.chance(0.3) else {}
        return {"split": {**by, **({"salt": "own"} if self.chance(0.3) else {}), "ranges": ranges}}

    def node(self, segments: list[str], flags: list[str], depth: int = 0) -> Document:
        shape = self.random.random()
        if depth < 3 and shape < 0.3:
            group = self.random.choice(["all", "any", "not"])
            if group == "not":
                return {"not": self.node(segments, flags, depth + 1)}
            least = 1 if group == "any" else 0
            return {group: [self.node(segments, flags, depth + 1) for _ in range(self.random.randint(least, 3))]}
        if flags and shape < 0.6:
            return {"flag": self.random.choice([*flags, "gone"]), "variants": self.random.sample(VARIANTS, 2)}
        if segments and shape > 0.85:
            return {"segment": self.random.choice(segments)}
        return self.condition()

    def condition(self) -> Document:
        op = self.random.choice(list(OPERATORS))
        attribute = "now" if OPERATORS[op].timed and self.chance(0.3) else self.random.choice(NAMES)
        node: Document = {"attribute": attribute, "op": op, "values": self.values(op), "negate": self.chance(0.3)}
        return node | {"ignore_case": self.chance(0.4)} if OPERATORS[op].folds else node

    def values(self, op: str) -> list[Any]:
        if op == "exists":
            return []
        if op == "mod":
            return self.random.choice([[5, 3], [1, 0], [2, 1]])
        written = WRITTEN[KIN.get(op, op)]
        return self.random.sample(written, self.random.randint(1, min(6, len(written))))

    def context(self) -> Document:
        names = self.random.sample(MEMBERS, self.random.randrange(len(MEMBERS)))
        return {name: self.thing() for name in names} | (
            {"targetingKey": f"user-{self.random.randrange(50)}"} if self.chance(0.6) else {}
        )

    def thing(self, depth: int = 0) -> Any:
        shape = self.random.random()
        if depth < 3 and shape < 0.15:
            return [self.thing(depth + 1) for _ in range(self.random.randrange(4))]
        if depth < 3 and shape < 0.35:
            return {name: self.thing(depth + 1) for name in self.random.sample("abc", 2)}
        return self.random.choice(SCALARS)
