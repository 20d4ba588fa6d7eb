"""A hundred thousand subjects, and what each gets of a flag by the real core."""

from datetime import UTC, datetime
from typing import Any

from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate
from evaluation.core.manifest import ruleset_from
from flags.documents import manifest_flag
from flags.models import FlagConfig
from tenants.models import Environment

SUBJECTS = [f"user-{number}" for number in range(100_000)]
NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)


def served(key: str, environment: Environment, subjects: list[str] = SUBJECTS) -> list[tuple[str | None, str]]:
    """Of each subject: the variant, and the rule that a split decided in ("" in the fallthrough, "-" where none did)."""
    config = FlagConfig.objects.select_related("flag").get(flag__key=key, environment=environment)
    ruleset = ruleset_from(
        {
            "format": 1,
            "environment": environment.pk,
            "version": 1,
            "issued": "2026-11-27T10:00:00Z",
            "flags": {key: manifest_flag(config.flag, config)},
            "segments": {},
        }
    )
    return [_of(evaluate(ruleset, key, context_from({"targetingKey": subject}), NOW)) for subject in subjects]


def _of(answer: Any) -> tuple[str | None, str]:
    return answer.variant, answer.metadata.get("rule", "") if answer.reason == "SPLIT" else "-"
