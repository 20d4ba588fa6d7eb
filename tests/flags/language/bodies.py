"""Random states and segments that services accept, with names that are words of the language as often as not."""

from typing import Any

from hypothesis import strategies as st

from evaluation.core.operators import OPERATORS
from flags.language.syntax import fixed_words

Document = dict[str, Any]

WORDS = sorted({word for word in fixed_words().values() if word.isalpha()} | {"true", "null", *OPERATORS})
KEYS = st.sampled_from([*WORDS, "on", "a:b", "x:", "10", "3d", "v-1.2", "~".join("ab")]).filter(
    lambda key: key != "null"
)
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ATTRIBUTES = st.sampled_from([*WORDS, "app.version", "größe", "a b", '"', "1st", "-x", "#"]) | st.text(
    STORABLE, min_size=1, max_size=5
)
ATTRIBUTES = ATTRIBUTES.filter(lambda name: name != "now")
TEXTS = st.text(STORABLE, max_size=8) | st.sampled_from(["IN", 'say "hi"', "\\d+", "line\nbreak", "\u202e", "{", "#"])
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from([0.5, -0.0, 1e-7, 2.0, 1e15, 123456.789])

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "in": TEXTS | NUMBERS | st.booleans(),
    "contains": TEXTS.filter(bool),
    "matches": st.sampled_from(["^a\\d+$", '"', "ß", "a|b"]),
    "gt": NUMBERS,
    "before": st.sampled_from(["2026-11-21T10:00:00Z", 0, "-1d", "+2w"]),
    "semver_eq": st.sampled_from(["1.2.3", "v2", "2.0.0-rc.1"]),
    "semver_range": st.sampled_from(["^1.2", ">=1 <2", "~1.2.3"]),
    "cidr": st.sampled_from(["10.0.0.0/8", "::/0", "127.0.0.1"]),
}
KIN = {"starts_with": "contains", "ends_with": "contains", "has_all": "in", "after": "before"}
KIN |= dict.fromkeys(("gte", "lt", "lte"), "gt")
KIN |= {op: "semver_eq" for op in OPERATORS if op.startswith("semver_") and op not in VALUES}


def values_for(op: str) -> st.SearchStrategy[list[Any]]:
    if op == "exists":
        return st.just([])
    if op == "mod":
        return st.sampled_from([[5, 3], [1, 0], [2.0, 1]])
    return st.lists(VALUES[KIN.get(op, op)], min_size=0 if OPERATORS[op].may_be_empty else 1, max_size=12)


@st.composite
def conditions(draw: st.DrawFn) -> Document:
    op = draw(st.sampled_from(sorted(OPERATORS)))
    attribute = "now" if OPERATORS[op].timed and draw(st.booleans()) else draw(ATTRIBUTES)
    node: Document = {"attribute": attribute, "op": op, "values": draw(values_for(op))}
    if draw(st.booleans()):
        node["negate"] = True
    if OPERATORS[op].folds and draw(st.booleans()):
        node["ignore_case"] = True
    return node


def depth(node: Document) -> int:
    children = [node["not"]] if "not" in node else node.get("all", []) + node.get("any", [])
    return 1 + max(map(depth, children), default=0) if {"not", "all", "any"} & node.keys() else 0


def trees(leaves: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
    def groups(inner: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
        return (
            st.fixed_dictionaries({"all": st.lists(inner, max_size=3)})
            | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})
            | st.fixed_dictionaries({"not": inner})
        )

    return st.recursive(leaves, groups, max_leaves=6).filter(lambda node: depth(node) <= 10)


SEGMENTS = st.fixed_dictionaries({"segment": KEYS})
FLAGS = st.fixed_dictionaries({"flag": KEYS, "variants": st.lists(KEYS, min_size=1, max_size=3)})
NODES = trees(conditions() | SEGMENTS)
PREREQUISITES = trees(conditions() | SEGMENTS | FLAGS)


@st.composite
def splits(draw: st.DrawFn, names: list[Any]) -> Document:
    split: Document = draw(st.fixed_dictionaries({}, optional={"by": ATTRIBUTES, "salt": TEXTS.filter(bool)}))
    chosen = draw(st.lists(st.sampled_from(names), min_size=2, max_size=4, unique=True))
    cuts = sorted(draw(st.sets(st.integers(1, 99_999), min_size=len(chosen) - 1, max_size=len(chosen) - 1)))
    bounds = list(zip([0, *cuts], [*cuts, 100_000], strict=True))
    if draw(st.booleans()):
        ranges = [[name, *bound] for name, bound in zip(chosen, bounds, strict=True)]
        return {"split": split | {"ranges": ranges}}
    weights = {name or "null": (past - first) / 1000 for name, (first, past) in zip(chosen, bounds, strict=True)}
    return {"split": split | {"weights": weights}}


def serves(variants: list[str], *, may_go_on: bool) -> st.SearchStrategy[Document]:
    one = st.fixed_dictionaries({"variant": st.sampled_from(variants)})
    return one | splits([*variants, None] if may_go_on else variants)


def id_of(rule: Any) -> Any:
    return rule.get("id", id(rule))


@st.composite
def states(draw: st.DrawFn) -> tuple[list[str], Document]:
    """The names of a flag's variants, and a body for its state."""
    variants = draw(st.lists(KEYS, min_size=2, max_size=4, unique=True))
    rule = st.fixed_dictionaries(
        {"serve": serves(variants, may_go_on=True)}, optional={"name": TEXTS, "if": NODES, "id": KEYS}
    )
    one_of_them = st.none() | st.sampled_from(variants)
    keys = st.lists(st.text(STORABLE, min_size=1, max_size=9), max_size=20, unique=True)
    target = st.fixed_dictionaries({"variant": st.sampled_from(variants), "values": keys})
    members = {
        "off": one_of_them,
        "prerequisites": st.none() | PREREQUISITES,
        "targets": st.lists(target, max_size=1),
        "rules": st.lists(rule, max_size=3, unique_by=id_of),
        "fallthrough": st.none() | serves(variants, may_go_on=False),
    }
    return variants, draw(st.fixed_dictionaries(members))


MEMBERSHIPS = st.fixed_dictionaries(
    {
        "included": st.lists(st.text(STORABLE, min_size=1, max_size=9), max_size=20, unique=True),
        "excluded": st.lists(st.sampled_from(["u1", "nobody", "7"]), unique=True),
        "rules": st.lists(NODES, max_size=3),
    }
)
