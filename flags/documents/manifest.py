"""The entries of a manifest: what an evaluator needs to know, and nothing else."""

from typing import Any

from flags.documents.configs import default_state
from flags.documents.flags import typed_variants
from flags.models import Flag, FlagConfig, Segment

BUCKETING = 1


def manifest_flag(flag: Flag, config: FlagConfig | None) -> dict[str, Any]:
    """The flag with its state in one environment; None for the state where nobody ever changed it."""
    return {
        "type": flag.value_type,
        "version": manifest_version(flag, config),
        "variants": typed_variants(flag),
        "salt": flag.salt,
        "bucketing": BUCKETING,
        "client_visible": flag.client_visible,
        "metadata": flag.metadata,
    } | (default_state(flag) if config is None else _state(flag, config))


def manifest_version(flag: Flag, config: FlagConfig | None) -> int:
    """Rises with every change that clients can tell, whether of the flag or of its state."""
    return flag.version + (config.version if config else 1) - 1


def _state(flag: Flag, config: FlagConfig) -> dict[str, Any]:
    return {
        "enabled": config.enabled,
        "off": config.off_variant,
        "prerequisites": config.prerequisites,
        "targets": config.targets,
        "rules": [_rule(flag, rule) for rule in config.rules],
        "fallthrough": config.fallthrough and _serve(flag, config.fallthrough),
    }


def _rule(flag: Flag, rule: dict[str, Any]) -> dict[str, Any]:
    kept = {name: rule[name] for name in ("id", "if") if rule.get(name) is not None}
    return kept | {"serve": _serve(flag, rule["serve"])}


def _serve(flag: Flag, serve: dict[str, Any]) -> dict[str, Any]:
    if "split" not in serve:
        return serve
    split = serve["split"]
    return {
        "split": {
            "by": split.get("by") or "targetingKey",
            "salt": split.get("salt") or flag.salt,
            "ranges": split["ranges"],
        }
    }


def manifest_segment(segment: Segment) -> dict[str, Any]:
    return {
        "included": segment.included,
        "excluded": segment.excluded,
        "rules": segment.rules,
        "version": segment.version,
    }
