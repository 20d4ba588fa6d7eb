"""A flag's state in one environment as plain data: what people write, what is stored, what is answered."""

from dataclasses import dataclass
from typing import Any

from evaluation.core.canonical import canonical
from evaluation.core.parse import parse_config
from flags.documents import empty_lists, splits
from flags.documents.report import checked
from flags.models import Flag, FlagConfig

STATE_FIELDS = ("enabled", "off_variant", "prerequisites", "targets", "rules", "fallthrough")


@dataclass(frozen=True, slots=True)
class State:
    """What a FlagConfig holds, by field, and what to tell whoever wrote it."""

    fields: dict[str, Any]
    warnings: tuple[str, ...] = ()

    def is_that_of(self, config: FlagConfig) -> bool:
        # Not ==, for which true is 1; and the database may have made 1.0 of 1.
        return canonical(self.fields) == canonical(state_fields(config))


def default_state(flag: Flag) -> dict[str, Any]:
    """The body that holds where nobody ever changed the flag, and the members that a body leaves out.

    Disabled. A boolean flag serves `off` when disabled and `on` when enabled, if it has variants of these names. Flags of
    other types have no order among their variants, so that until somebody chooses one the application's own default holds.
    """
    names = flag.variants if flag.value_type == Flag.ValueType.BOOLEAN else {}
    return {
        "enabled": False,
        "off": "off" if "off" in names else None,
        "prerequisites": None,
        "targets": [],
        "rules": [],
        "fallthrough": {"variant": "on"} if "on" in names else None,
    }


def fields_of(body: dict[str, Any]) -> dict[str, Any]:
    """A complete body's members under the names of the table's columns."""
    return {name: body["off" if name == "off_variant" else name] for name in STATE_FIELDS}


def state_fields(config: FlagConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in STATE_FIELDS}


def parse_state(flag: Flag, body: object, previous: splits.Splits) -> State:
    """Check a body and place its splits; `previous` are those that the people in the buckets know.

    Raises Invalid with the path of each fault.
    """
    if isinstance(body, dict):
        body = default_state(flag) | body
    parsed = checked(parse_config, body, variants=flag.variants)
    warnings = list(empty_lists.worries(parsed))
    for path, rule_id, serve in splits.served_in(parsed["rules"], parsed["fallthrough"]):
        if "split" in serve:
            serve["split"], worries = splits.placed(serve["split"], previous.get(rule_id), path)
            warnings += worries
    return State(fields_of(parsed), tuple(warnings))


def splits_of(config: FlagConfig) -> splits.Splits:
    return splits.splits_of(config.rules, config.fallthrough)


def config_body(config: FlagConfig) -> dict[str, Any]:
    """The state as people write it: put it back, and nothing changes."""
    return _body(config, splits.as_written)


def config_exactly(config: FlagConfig) -> dict[str, Any]:
    """The state with the buckets of its splits: put into another project, everybody gets what they got."""
    return _body(config, splits.as_placed)


def config_document(config: FlagConfig) -> dict[str, Any]:
    """The answer of the management API: the body with `ranges` beside `weights`, its version, and who saved it when."""
    return _body(config, dict) | {
        "version": config.version,
        "updated_at": config.updated_at.isoformat().replace("+00:00", "Z") if config.updated_at else None,
        "updated_by": config.updated_by_name or None,
    }


def _body(config: FlagConfig, show: Any) -> dict[str, Any]:
    return {
        "enabled": config.enabled,
        "off": config.off_variant,
        "prerequisites": config.prerequisites,
        "targets": config.targets,
        "rules": [rule | {"serve": _shown(rule["serve"], show)} for rule in config.rules],
        "fallthrough": config.fallthrough and _shown(config.fallthrough, show),
    }


def _shown(serve: dict[str, Any], show: Any) -> dict[str, Any]:
    return {"split": show(serve["split"])} if "split" in serve else serve
