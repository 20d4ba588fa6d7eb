"""What a rule serves now, and whether it is still what a rollout left there: people always win."""

from collections import Counter
from typing import Any

from analytics.models import Rollout
from flags.models import Flag, FlagConfig
from flags.selectors import versions_of
from flags.services.saving import same
from tenants.problems import Conflict

Serve = dict[str, Any]
WHOLE = 100_000
# Saves of a state between two looks, which are seconds apart; more take a person to say what they were about.
MOST_BETWEEN = 100


def serve_of(config: FlagConfig, rule_id: str) -> Serve | None:
    """As the state stores it; None where there is no such rule, or the application's own default is served."""
    if not rule_id:
        return config.fallthrough
    return next((rule["serve"] for rule in config.rules if rule["id"] == rule_id), None)


def shares_of(serve: Serve) -> dict[str | None, float]:
    """Per cent by variant; None: people who go on to the next rule."""
    if "variant" in serve:
        return {serve["variant"]: 100}
    widths: Counter[str | None] = Counter()
    for variant, first, past in serve["split"]["ranges"]:
        widths[variant] += past - first
    return {variant: width * 100 / WHOLE for variant, width in widths.items()}


def salt_of(flag: Flag, serve: Serve) -> str:
    return str(serve.get("split", {}).get("salt") or flag.salt)


def baseline_of(config: FlagConfig, rule_id: str, variant: str) -> str:
    """What the variant comes in the place of; Conflict where there is not exactly one such variant."""
    serve = serve_of(config, rule_id)
    others = [name for name in shares_of(serve) if name != variant] if serve else []
    where = f"the rule {rule_id}" if rule_id else "the fallthrough"
    if serve is None:
        raise Conflict(f"{config.flag} serves no variant by {where} in {config.environment}.")
    if not others:
        raise Conflict(f"All whom {where} decides for get {variant} already.")
    if len(others) > 1 or others[0] is None:
        told = ", ".join("people who go on to the next rule" if name is None else name for name in others)
        raise Conflict(f"A rollout goes from one variant to another, and {where} has {told} besides {variant}.")
    return others[0]


def hindrance_of(flag: Flag, config: FlagConfig) -> str:
    """Why nothing is rolled out here at all; "" where it may be."""
    if flag.deleted_at is not None:
        return f"{flag.key} was deleted"
    if flag.archived_at is not None:
        return f"{flag.key} is archived"
    if config.enabled:
        return ""
    how = "killed" if config.killed_at is not None else "turned off"
    return f"{flag.key} was {how} in {config.environment.key}{_since(config)}"


def disturbance_of(rollout: Rollout, flag: Flag, config: FlagConfig) -> str:
    """What somebody did in between that the rollout must not undo, also where it was put back since; "" where nobody did.

    One query where the state was saved since the rollout saw it, else none.
    """
    if why := _meddling(rollout, flag, config):
        return why
    if salt_of(flag, serve_of(config, rollout.rule_id) or {}) != rollout.salt:
        return "the salt was changed, by which everybody is dealt out anew"
    between = _between(rollout, flag, config)
    if len(between) > MOST_BETWEEN:
        return f"{flag.key} was saved more than {MOST_BETWEEN} times in {config.environment.key} since it was looked at"
    whys = filter(None, (_meddling(rollout, flag, then) for then in between))
    return next((f"{why}, though it was put back by version {config.version}" for why in whys), "")


def _meddling(rollout: Rollout, flag: Flag, config: FlagConfig) -> str:
    if why := hindrance_of(flag, config):
        return why
    serve = serve_of(config, rollout.rule_id)
    if serve is None:
        return f"the rule {rollout.rule_id or 'for all others'} serves no variant any more{_since(config)}"
    return "" if same(serve, rollout.serves) else f"the split was changed{_since(config)}"


def _between(rollout: Rollout, flag: Flag, config: FlagConfig) -> list[FlagConfig]:
    """The states that were saved since the rollout saw one and before the newest, the oldest first; one more than are read."""
    if config.version - rollout.config_version < 2:
        return []
    rows = versions_of(flag, config.environment).order_by("version", "history_id")
    rows = rows.filter(version__gt=rollout.config_version, version__lt=config.version)
    named = rows.values("version", "enabled", "killed_at", "rules" if rollout.rule_id else "fallthrough")
    return [FlagConfig(flag=flag, environment=config.environment, **row) for row in named[: MOST_BETWEEN + 1]]


def _since(config: FlagConfig) -> str:
    """By whom stands in the history, where a name can be erased."""
    return f", as version {config.version} has it"
