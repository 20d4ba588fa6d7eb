"""Readers for single members of a body: each returns the clean value or reports a fault."""

from collections.abc import Collection, Mapping
from typing import Any

from evaluation.core.values import quoted
from flags.allocation import units
from flags.documents.report import Report, hint, members_of
from flags.documents.texts import READERS as TEXTS
from flags.documents.texts import Reader, text

KEY, NAME, BOOLEAN = TEXTS["key"], TEXTS["name"], TEXTS["is_permanent"]
PROSE = text(10_000, may_be_empty=True, is_one_line=False)
MOST_KEYS = 20


def read(body: object, readers: Mapping[str, Reader], defaults: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Every member, with the defaults of those that are left out; a key alone has none, and a name is the key without one."""
    members = members_of(body, readers, report)
    if "key" not in members:
        report.add("key", "is missing")
        report.settle()
    whole = {**defaults, "name": members["key"], **members}
    return {name: reader(whole[name], name, report) for name, reader in readers.items()}


def changed(thing: Any, written: Mapping[str, Any], body: object, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The whole body that a partial one comes to; the key may be repeated but never changes."""
    report = Report()
    members = members_of(body, readers, report)
    if members.get("key", thing.key) != thing.key:
        report.add("key", f"the key stays {quoted(thing.key)}: nothing is ever renamed")
    report.settle()
    return {**written, **members}


def one_of(choices: Collection[str]) -> Reader:
    def reader(value: Any, path: str, report: Report) -> Any:
        if not isinstance(value, str) or value not in choices:
            report.add(path, f"{quoted(value)} is not allowed here{hint(str(value), choices)}")
        return value

    return reader


def number(least: float, most: float, *, is_whole: bool = False) -> Reader:
    """Or null."""
    kinds, said = (int, "a whole number") if is_whole else (int | float, "a number")

    def reader(value: Any, path: str, report: Report) -> Any:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            report.add(path, f"{quoted(value)} is not {said} from {least:,} to {most:,}, or null")
        return value

    return reader


def per_cent(least: float) -> Reader:
    def reader(value: Any, path: str, report: Report) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= 100:
            report.add(path, f"{quoted(value)} is not a number from {least} to 100")
            return 0.0
        try:
            units({"it": value, "null": 100 - value})
        except ValueError:
            report.add(path, "at most 3 decimals are allowed")
        return float(value)

    return reader


def key_or_null(value: Any, path: str, report: Report) -> Any:
    return None if value is None else report.key(value, path, "key")


def keys(value: Any, path: str, report: Report) -> Any:
    found = report.elements_of(value, path, MOST_KEYS, "keys")
    for place, each in enumerate(found):
        report.key(each, f"{path}[{place}]", "key")
        if each in found[:place]:
            report.add(f"{path}[{place}]", f"{quoted(each)} is in the list already")
    return found
