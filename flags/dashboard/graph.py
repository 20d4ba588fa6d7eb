"""The prerequisites around a flag as a small graph: what it waits for, and what waits for it, drawn from left to right."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import F, FilteredRelation, Q

from flags.models import Flag
from flags.prerequisites import prerequisites_in
from tenants.models import Environment

# So many steps in each direction are drawn, and so many flags of one step; the rest is counted.
STEPS, TALLEST = 3, 6
WIDTH, HEIGHT, GAP, ROW_GAP, LONGEST = 176, 46, 56, 12, 20


@dataclass(frozen=True, slots=True)
class Node:
    """A flag with the corner of its box; `key` is "" for those that are only counted."""

    key: str
    label: str
    word: str
    state: str
    x: int
    y: int
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """From what must serve to what waits for it."""

    path: str


@dataclass(frozen=True, slots=True)
class Graph:
    nodes: list[Node]
    edges: list[Edge]
    width: int
    height: int


def graph_of(flag: Flag, environment: Environment) -> Graph | None:
    """In two queries; None where the flag asks for nothing and nothing asks for it."""
    asks = prerequisites_in(environment)
    asked: dict[str, set[str]] = {}
    for key, parents in asks.items():
        for parent in parents:
            asked.setdefault(parent, set()).add(key)
    before, after = _steps(flag.key, asks), _steps(flag.key, asked)
    if not before and not after:
        return None
    columns = [*reversed(before), [flag.key], *after]
    return _drawn(columns, asks, _states(flag, environment, columns), flag.key)


def _steps(key: str, around: Mapping[str, frozenset[str] | set[str]]) -> list[list[str]]:
    """The flags one step away, two, and so on; each where it is nearest."""
    steps: list[list[str]] = []
    seen, level = {key}, [key]
    while level and len(steps) < STEPS:
        level = sorted({each for one in level for each in around.get(one, ())} - seen)
        seen.update(level)
        steps += [level] if level else []
    return steps


def _states(flag: Flag, environment: Environment, columns: list[list[str]]) -> dict[str, tuple[str, str]]:
    """The word and the state of each, as its switch says it."""
    keys = [key for column in columns for key in column[:TALLEST]]
    state = FilteredRelation("configs", condition=Q(configs__environment=environment))
    rows = Flag.objects.filter(project=flag.project_id, key__in=keys).annotate(
        state=state, is_on=F("state__enabled"), killed=F("state__killed_at")
    )
    return {row.key: _word(row.archived_at, row.is_on, row.killed) for row in rows}


def _word(archived_at: object, is_on: bool | None, killed_at: object) -> tuple[str, str]:
    if archived_at is not None:
        return "Archived", "off"
    if is_on:
        return "On", "on"
    return ("Killed", "killed") if killed_at is not None else ("Off", "off")


def _drawn(
    columns: list[list[str]], asks: Mapping[str, frozenset[str]], states: Mapping[str, tuple[str, str]], here: str
) -> Graph:
    tallest = max(min(len(column), TALLEST + 1) for column in columns)
    height = tallest * (HEIGHT + ROW_GAP) - ROW_GAP
    nodes = [node for number, column in enumerate(columns) for node in _column(number, column, states, here, height)]
    places = {node.key: node for node in nodes if node.key}
    edges = [
        _edge(places[parent], node) for node in nodes for parent in sorted(asks.get(node.key, ())) if parent in places
    ]
    return Graph(nodes, edges, len(columns) * (WIDTH + GAP) - GAP, height)


def _column(number: int, keys: list[str], states: Mapping[str, tuple[str, str]], here: str, height: int) -> list[Node]:
    shown = keys[:TALLEST]
    labels = [(key, *states.get(key, ("Gone", "off"))) for key in shown]
    if rest := len(keys) - len(shown):
        labels.append(("", f"and {rest} more", ""))
    top = (height - len(labels) * (HEIGHT + ROW_GAP) + ROW_GAP) // 2
    return [
        Node(
            key,
            _short(key or word),
            word if key else "",
            state,
            number * (WIDTH + GAP),
            top + row * (HEIGHT + ROW_GAP),
            key == here,
        )
        for row, (key, word, state) in enumerate(labels)
    ]


def _short(key: str) -> str:
    return key if len(key) <= LONGEST else f"{key[: LONGEST - 1]}…"


def _edge(one: Node, other: Node) -> Edge:
    """A curve from the right side of one to the left side of the other."""
    begin, end, middle = one.x + WIDTH, other.x - 5, (one.x + WIDTH + other.x) // 2
    above, below = one.y + HEIGHT // 2, other.y + HEIGHT // 2
    return Edge(f"M{begin} {above}C{middle} {above} {middle} {below} {end} {below}")
