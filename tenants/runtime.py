"""Settings that are changed while everything runs: limits, days of keeping, the log level, maintenance.

The table has what differs from the environment. Each process holds it in memory and looks again every second
(`flagforge.following`), so that no request asks the database; what cannot be read stays as it was.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from tenants.limit_bounds import HIGHEST, HIGHEST_OF_ALL
from tenants.models.runtime import RuntimeSetting

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Setting:
    """`kind` is `number`, `switch`, `text` or `choice`; `variable` is where the environment says it ("" for nowhere)."""

    name: str
    kind: str
    meaning: str
    default: Callable[[], Any]
    variable: str = ""
    lowest: int = 0
    highest: int = HIGHEST_OF_ALL
    choices: tuple[str, ...] = ()

    def fault(self, value: Any) -> str:
        """What is allowed instead; "" for a good value."""
        if self.kind == "number":
            is_good = type(value) is int and self.lowest <= value <= self.highest
            return "" if is_good else f"Write a whole number from {self.lowest:,} to {self.highest:,}."
        if self.kind == "switch":
            return "" if isinstance(value, bool) else "Write true or false."
        if self.kind == "choice":
            return "" if value in self.choices else f"Write one of {', '.join(self.choices)}."
        is_good = isinstance(value, str) and len(value) <= LONGEST_REASON and value.isprintable()
        return "" if is_good else f"Write at most {LONGEST_REASON} letters, in one line."

    def read(self, text: str) -> Any:
        """The value that a text means, as a form or a command line gives it; judged by `fault`."""
        if self.kind == "number":
            plain = text.replace(",", "").strip()
            return int(plain) if plain.isascii() and plain.isdigit() else text
        if self.kind == "switch":
            return {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}.get(
                text.lower(), text
            )
        return text.strip().upper() if self.kind == "choice" else text.strip()


def _days(name: str, meaning: str, lowest: int) -> Setting:
    return Setting(
        name, "number", meaning, lambda: getattr(settings, name.upper()), f"FLAGFORGE_{name.upper()}", lowest, 3650
    )


def _limit(name: str) -> Setting:
    highest = HIGHEST.get(name, 2**31 if name == "manifest_bytes" else HIGHEST_OF_ALL)
    meaning = "Of every organization that has no limit of its own." if name != "manifest_bytes" else "Of one manifest."
    return Setting(
        f"limits.{name}", "number", meaning, lambda: settings.LIMITS[name], "FLAGFORGE_LIMITS", highest=highest
    )


def _log_level() -> str:
    root: Any = settings.LOGGING["root"]
    return str(root["level"])


def known() -> dict[str, Setting]:
    return _KNOWN


_KNOWN = {
    setting.name: setting
    for setting in (
        Setting("maintenance", "switch", "Nothing can be changed; applications go on getting values.", lambda: False),
        Setting("maintenance_reason", "text", "Told to whoever wants to change something meanwhile.", lambda: ""),
        Setting(
            "log_level",
            "choice",
            "Of control planes, workers and relays.",
            _log_level,
            "FLAGFORGE_LOG_LEVEL",
            choices=LOG_LEVELS,
        ),
        _days("telemetry_days", "How long batches of telemetry are kept as they came.", 1),
        _days("attribute_days", "How long attributes that no context has any more are remembered.", 15),
        _days("experiment_days", "How long events that metrics name are kept.", 1),
        _days("webhook_log_days", "How long is kept what became of each delivery of a webhook.", 2),
        *map(_limit, settings.LIMITS),
    )
}
log = logging.getLogger(__name__)
_held: Mapping[str, Any] | None = None
_level_is_set = False


def load() -> None:
    """Ask the table, in one query; every second. Raises `DatabaseError`, and what was held stays."""
    global _held
    before = _held or {}
    _held = {name: value for name, value in RuntimeSetting.objects.values_list("name", "value") if name in _KNOWN}
    _follow_log_level()
    if changed := sorted(dict(before.items() ^ _held.items())):
        log.info("runtime settings are in force: %s", ", ".join(changed))


def value(name: str) -> Any:
    """In force in this process: from memory. A process that nobody keeps up to date, such as a command, asks once."""
    found = chosen(name)
    return _KNOWN[name].default() if found is None else found


def chosen(name: str) -> Any:
    """The same, but None for what nobody set and the environment decides."""
    if _held is None:
        _load_first()
    return (_held or {}).get(name)


def number(name: str) -> int:
    """The same of a number."""
    found: int = value(name)
    return found


def _load_first() -> None:
    global _held
    try:
        load()
    except DatabaseError:  # also a table that is not there before the first `migrate`
        _held = {}


def _follow_log_level() -> None:
    """While one is set, each time: Celery chooses another one when its worker starts. Afterwards once the environment's."""
    global _level_is_set
    was_set, _level_is_set = _level_is_set, "log_level" in (_held or {})
    if was_set or _level_is_set:
        logging.getLogger().setLevel(value("log_level"))


def forget_everything() -> None:
    """For tests that begin with an empty process: nothing is set, and nobody asks."""
    global _held
    _held = {}
    _follow_log_level()
