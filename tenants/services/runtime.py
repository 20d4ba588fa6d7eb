"""Runtime settings, changed by whoever runs the installation."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from django.db import transaction

from tenants import audit, runtime
from tenants.actors import Actor
from tenants.models import RuntimeSetting
from tenants.permissions import NotAllowed
from tenants.problems import Fault, Invalid

OF_THE_ENVIRONMENT = None


def change_runtime_settings(
    values: Mapping[str, Any], *, actor: Actor, comment: str = "", from_file: bool = False, dry_run: bool = False
) -> dict[str, tuple[Any, Any]]:
    """Set these, and leave others; None gives a setting back to the environment. Returns before and after of what differs.

    In force here at once, in every other process within two seconds. `from_file` marks where they came from. With `dry_run`
    everything is judged and nothing changed. Raises `Invalid` with every fault.
    """
    if not actor.may_everything:
        because = "they are changed by whoever runs this server"
        raise NotAllowed(actor, "runtime_setting.change", "runtime settings", because)
    if faults := [fault for name, value in values.items() if (fault := _fault(name, value))]:
        raise Invalid(faults)
    with transaction.atomic():
        rows = {row.name: row for row in RuntimeSetting.objects.select_for_update().order_by("name")}
        changed = {name: change for name in values if (change := _change(rows.get(name), name, values[name]))}
        if not dry_run:
            for name, value in values.items():
                _store(rows.get(name), name, value, from_file)
            for name, (before, after) in changed.items():
                thing = rows.get(name) or RuntimeSetting(name=name)
                audit.record(
                    actor, "runtime_setting.changed", thing, {"value": before}, {"value": after}, comment=comment
                )
            transaction.on_commit(runtime.load)
    return changed


def _fault(name: str, value: Any) -> Fault | None:
    setting = runtime.known().get(name)
    if setting is None:
        meant = get_close_matches(name, runtime.known(), 1)
        return Fault(name, f"There is no such setting{f'; did you mean {meant[0]}?' if meant else '.'}")
    message = "" if value is OF_THE_ENVIRONMENT else setting.fault(value)
    return Fault(name, message) if message else None


def _change(row: RuntimeSetting | None, name: str, value: Any) -> tuple[Any, Any] | None:
    """Values in force before and after; None where they are the same."""
    default = runtime.known()[name].default()
    before = default if row is None else row.value
    after = default if value is OF_THE_ENVIRONMENT else value
    return None if (before, type(before)) == (after, type(after)) else (before, after)


def _store(row: RuntimeSetting | None, name: str, value: Any, from_file: bool) -> None:
    if value is OF_THE_ENVIRONMENT:
        RuntimeSetting.objects.filter(name=name).delete()
    elif row is None or row.value != value or row.is_from_file != from_file:
        RuntimeSetting.objects.update_or_create(name=name, defaults={"value": value, "is_from_file": from_file})
