"""Deciding: nanoseconds per evaluation, in one process, nothing but the core"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate, evaluate_all
from evaluation.core.manifest import ruleset_from
from evaluation.wire.entries import all_entries
from evaluation.wire.requests import context_of_body
from script.benches._report import Table
from script.benches._rulesets import BODY, CONTEXT, a_flag, manifest, mixed_flags, three_rules

RUNS = 7
SECONDS_PER_RUN = 0.3


def measure() -> Table:
    flags = ruleset_from(manifest({"plain": a_flag(), "rules": a_flag(rules=three_rules())}))
    hundred = ruleset_from(manifest(mixed_flags(100)))
    context, now = context_from(CONTEXT), datetime.now(UTC)
    table = Table(["case", "ns, median", "ns, best", "per second"])
    cases: dict[str, Callable[[], object]] = {
        "a: boolean flag, no rules": lambda: evaluate(flags, "plain", context, now),
        "b: 3 rules of 2 conditions, 25 % split": lambda: evaluate(flags, "rules", context, now),
        "b, context included": lambda: evaluate(flags, "rules", context_from(CONTEXT), now),
        "c: 100 mixed flags, JSON body in, JSON bytes out": lambda: all_entries(
            "bench", 1, evaluate_all(hundred, context_of_body(BODY), now)
        ),
    }
    for name, case in cases.items():
        times = nanoseconds(case)
        table.add(name, median(times), min(times), int(1e9 / median(times)))
    table.notes.append(f"{RUNS} runs of {SECONDS_PER_RUN} s each; the call of the case itself (some 30 ns) is included")
    return table


def nanoseconds(case: Callable[[], object]) -> list[float]:
    count = _calibrated(case)
    return [_timed(case, count) / count for _ in range(RUNS)]


def _calibrated(case: Callable[[], object]) -> int:
    """How many calls fill a run."""
    count = 1
    while (taken := _timed(case, count)) < SECONDS_PER_RUN * 1e9 / 10:
        count *= 2
    return max(1, int(count * SECONDS_PER_RUN * 1e9 / taken))


def _timed(case: Callable[[], object], count: int) -> int:
    begun = time.perf_counter_ns()
    for _ in range(count):
        case()
    return time.perf_counter_ns() - begun
