"""Evaluations as events of OpenTelemetry spans, in the words of its semantic conventions for feature flags.

https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/
"""

from collections.abc import Callable
from typing import Any

from opentelemetry import trace

from ..core.model import Answer
from .layers import Layered
from .serving import Asker, context_of

EVENT, PROVIDER = "feature_flag.evaluation", "flagforge"


def trace_evaluations(client: Layered) -> Callable[[], None]:
    """Have each evaluation told on the span that is current, where one is recorded; returns what ends that."""
    return client.on_evaluation(_tell)


def _tell(answer: Answer, asker: Asker) -> None:
    span = trace.get_current_span()
    if span.is_recording():
        span.add_event(EVENT, attributes_of(answer, asker))


def attributes_of(answer: Answer, asker: Asker) -> dict[str, str]:
    """The attributes that there are; without a variant, the application's own default is used."""
    told: dict[str, Any] = {
        "feature_flag.key": answer.key,
        "feature_flag.provider.name": PROVIDER,
        "feature_flag.result.reason": (answer.reason or "ERROR").lower(),
        "feature_flag.result.variant": answer.variant,
        "feature_flag.version": str(answer.version) if answer.version else None,
        "feature_flag.context.id": _subject(answer, asker),
        "error.type": answer.error_code.lower() if answer.error_code else None,
        "error.message": answer.error_details,
    }
    return {name: value for name, value in told.items() if value}


def _subject(answer: Answer, asker: Asker) -> str | None:
    return None if answer.error_code else context_of(asker).key
