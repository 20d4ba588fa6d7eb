"""A file of runtime settings, as kept in Git: TOML, YAML or JSON, read with the line of each name."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tenants.problems import Fault, Invalid


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """Values by name (`limits.projects`, `log_level`), and the line in which each stands, from 1."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def located(self, fault: Fault) -> Fault:
        return Fault(fault.path, fault.message, self.lines.get(fault.path), 1)


def read(text: str, *, is_toml: bool) -> SettingsFile:
    """Raises `Invalid` with the line for what is no such file."""
    return _toml(text) if is_toml else _yaml(text)


def _toml(text: str) -> SettingsFile:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise Invalid([Fault("", f"This is no TOML: {error}.", int(line[1]) if line else None)]) from None
    values = {name: value for name, value in document.items() if not isinstance(value, dict)}
    for table, members in document.items():
        if isinstance(members, dict):
            values |= {f"{table}.{name}": value for name, value in members.items()}
    return SettingsFile(values, {name: _line_of(name, text) for name in values})


def _line_of(name: str, text: str) -> int:
    """Of the last part of the name; where several tables have it, of the first."""
    key = re.escape(name.rpartition(".")[2])
    found = re.search(rf"""(?:^|[\n.{{,])\s*["']?{key}["']?\s*=""", text)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def _yaml(text: str) -> SettingsFile:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        found = [] if root is None else list(_members(root, ""))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Invalid([Fault("", f"This is no YAML: {error.problem}.", line)]) from None
    names = [name for name, _, _ in found]
    if twice := [Fault(name, "It stands there twice.", line) for name, _, line in found if names.count(name) > 1]:
        raise Invalid(twice[1:])
    return SettingsFile({name: value for name, value, _ in found}, {name: line for name, _, line in found})


def _members(node: yaml.Node, prefix: str) -> Iterator[tuple[str, Any, int]]:
    if not isinstance(node, yaml.MappingNode):
        raise Invalid([Fault(prefix.rstrip("."), "Write names and values here.", node.start_mark.line + 1)])
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        if isinstance(value, yaml.MappingNode) and not prefix:
            yield from _members(value, f"{name}.")
        else:
            yield name, _plain(value), key.start_mark.line + 1


def _plain(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_object(node, deep=True)
