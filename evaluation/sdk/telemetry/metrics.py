"""A client's state in Prometheus' text format."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from ..hearing.circuit import State as CircuitState
from ..lifetime import State
from .ledger import Ledger


def prometheus(
    prefix: str, cache: Mapping[str, Any], ledger: Ledger, circuit: CircuitState, refused: Mapping[str, int]
) -> str:
    """`ledger` has been read. Names begin with the prefix."""
    given = sorted(ledger.totals.items())
    lines = [
        *_head(prefix, "evaluations_total", "counter", "Answers given, by flag, variant and reason or error."),
        *(
            f"{prefix}_evaluations_total{_labels(flag=flag, variant=variant, reason=reason)} {count}"
            for (flag, variant, reason), count in given
        ),
        *_head(prefix, "evaluation_seconds", "summary", "How long evaluations take; some of them are timed."),
        *(
            f"{prefix}_evaluation_seconds{_labels(quantile=str(share))} {ledger.latency.quantile(share) / 1e9:.9f}"
            for share in (0.5, 0.95, 0.99)
        ),
        f"{prefix}_evaluation_seconds_count {ledger.latency.buckets.total()}",
        *_head(prefix, "unknown_flags_total", "counter", "Evaluations of flags that are not there."),
        f"{prefix}_unknown_flags_total {cache['miss']}",
        *_head(prefix, "cache_evaluations_total", "counter", "Answers given, by the state of the rules."),
        *(f"{prefix}_cache_evaluations_total{_labels(state=state)} {cache[state]}" for state in get_args(State)),
        *_head(prefix, "refused_total", "counter", "Manifests and deltas that were refused, by kind."),
        *(f"{prefix}_refused_total{_labels(kind=kind)} {count}" for kind, count in sorted(refused.items())),
        *_head(prefix, "circuit_state", "gauge", "1 for the state that the circuit breaker is in."),
        *(f"{prefix}_circuit_state{_labels(state=state)} {int(state == circuit)}" for state in get_args(CircuitState)),
        *_head(prefix, "rules_version", "gauge", "The version of the rules in use; 0 for none."),
        f"{prefix}_rules_version {cache['version'] or 0}",
    ]
    return "\n".join(lines) + "\n"


def _head(prefix: str, name: str, kind: str, help_text: str) -> Iterable[str]:
    return f"# HELP {prefix}_{name} {help_text}", f"# TYPE {prefix}_{name} {kind}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
