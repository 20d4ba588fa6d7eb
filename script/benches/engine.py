"""Deciding: microseconds per evaluation, beside the engines of other systems in the same run; and reading 10,000 flags"""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from statistics import median

from evaluation.core.canonical import canonical
from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate
from evaluation.core.manifest import read_manifest, ruleset_from
from script.benches import _ours
from script.benches._peers.question import FLAGS, check
from script.benches._peers.running import Measured, measured
from script.benches._report import Table
from script.benches._rulesets import CONTEXT, MATCHES, a_flag, manifest, many_flags, three_rules
from script.benches._timing import RUNS, SECONDS_PER_RUN, nanoseconds

CASES = {
    "a": "a: boolean flag, no rules",
    "b": "b: 3 rules of 2 conditions, 25 % split",
    "c": f"c: {FLAGS} flags of a condition and a split, JSON in, JSON out",
}
NOTES = [
    f"time of the processor; {RUNS} runs of {SECONDS_PER_RUN} s for each engine and case; every peer in a process of its own",
    "c: flagsmith, growthbook and flagd write value and reason, LaunchDarkly its flags state, PostHog and Unleash values",
    "PostHog, Unleash and flagsmith look up nothing inside objects: they got app.version as an attribute of that name",
    "PostHog and Unleash are off where no rule matches, the others on",
    "LaunchDarkly and Unleash know no 'at least' for versions: theirs is 'not less than' and 'greater than the one before'",
]
MANY = 10_000
READS = 3


def measure() -> Table:
    table = Table(["case", "engine", "µs, median", "µs, best", "times ours"])
    ours = _measured_ours()
    engines = [ours, *sorted(measured(table.notes), key=lambda peer: peer.median("b"))]
    for letter, case in CASES.items():
        for engine in engines:
            ratio = None if engine is ours else engine.median(letter) / ours.median(letter)
            _add(table, case, engine.name, engine.times[letter], ratio)
    for case, times in _more_cases():
        _add(table, case, ours.name, times)
    for case, times in _reading(table.notes):
        _add(table, case, ours.name, times)
    table.notes += NOTES
    return table


def _measured_ours() -> Measured:
    ours = _ours.make()
    check(ours)
    return Measured(
        "FlagForge", {"a": nanoseconds(ours.plain), "b": nanoseconds(ours.ruled), "c": nanoseconds(ours.bulk)}
    )


def _add(table: Table, case: str, engine: str, times: list[float], ratio: float | None = None) -> None:
    table.add(case, engine, median(times) / 1_000, min(times) / 1_000, ratio)


def _more_cases() -> Iterator[tuple[str, list[float]]]:
    matching = {"id": "r1", "if": MATCHES, "serve": {"variant": "on"}}
    rules = ruleset_from(manifest({"rules": a_flag(rules=three_rules()), "matches": a_flag(rules=[matching])}))
    context, now = context_from(CONTEXT), _ours.NOW
    yield "b with the context made anew", nanoseconds(lambda: evaluate(rules, "rules", context_from(CONTEXT), now))
    yield "1 rule of 1 matches condition (RE2)", nanoseconds(lambda: evaluate(rules, "matches", context, now))


def _reading(notes: list[str]) -> Iterator[tuple[str, list[float]]]:
    """A manifest of many flags from its bytes to a ruleset; then the next version, in which one flag changed."""
    flags = many_flags(MANY)
    content = canonical(manifest(flags))
    flags["flag-05000"]["version"] = 2
    changed = canonical(manifest(flags))
    del flags
    yield f"{MANY:,} flags of 3 rules, read", _timed(lambda: read_manifest(content))
    tracemalloc.start()
    before = read_manifest(content)
    gc.collect()
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    notes.append(
        f"{MANY:,} flags of 3 rules, {len(content) / 1e6:.1f} MB of JSON: {megabytes:.1f} MB held, that JSON included"
    )
    yield f"{MANY:,} flags, 1 of them changed, read", _timed(lambda: read_manifest(changed, before=before))


def _timed(read: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(READS):
        gc.collect()
        begun = time.process_time_ns()
        read()
        times.append(float(time.process_time_ns() - begun))
    return times
