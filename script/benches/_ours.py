"""FlagForge's own engine, asked as the peers are."""

from datetime import UTC, datetime

from evaluation.core.context import Context, context_from
from evaluation.core.evaluate import evaluate, write_all
from evaluation.core.manifest import ruleset_from
from evaluation.wire.entries import ENTRY, all_entries
from evaluation.wire.requests import context_of_body
from script.benches._peers.question import ATTRIBUTES, FLAGS, Peer
from script.benches._rulesets import BODY, CONTEXT, a_flag, manifest, mixed_flags, three_rules

NOW = datetime.now(UTC)


def make() -> Peer:
    single = ruleset_from(manifest({"plain": a_flag(), "rules": a_flag(rules=three_rules())}))
    hundred = ruleset_from(manifest(mixed_flags(FLAGS)))
    usual = context_from(CONTEXT)

    def ruled(context: Context) -> object:
        return evaluate(single, "rules", context, NOW).value

    return Peer(
        plain=lambda: evaluate(single, "plain", usual, NOW).value,
        ruled=lambda: evaluate(single, "rules", usual, NOW).value,
        bulk=lambda: all_entries("bench", 1, write_all(hundred, context_of_body(BODY), NOW, ENTRY)),
        ask=lambda key, country: ruled(context_from({**ATTRIBUTES, "targetingKey": key, "country": country})),
        elsewhere=True,
    )
