"""Whether something is a file of a project, before anything is made of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from tenants.problems import Fault, Invalid

FORMAT = "flagforge-project-1"
MEMBERS = {"format", "project", "environments", "segments", "flags"}
LISTS = ("environments", "segments", "flags")
OF_AN_ENVIRONMENT = {"key": str, "name": str, "color": str, "is_protected": bool}
# One transaction takes about 20 ms for each, and nobody else writes meanwhile on SQLite.
MOST_IN_A_REQUEST = 500


def read(document: object) -> Mapping[str, Any]:
    """The document itself. Raises Invalid with the places of faults."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Invalid([Fault("format", f'this is no file of a project: it must be "{FORMAT}"')])
    faults = [Fault(name, "unknown member") for name in sorted(document.keys() - MEMBERS)]
    faults += [Fault(name, "is missing") for name in sorted(MEMBERS - document.keys())]
    faults += [fault for name in LISTS for fault in _faults_of(name, document.get(name, []))]
    project = document.get("project")
    if not isinstance(project, dict) or not all(isinstance(project.get(name), str) for name in ("key", "name")):
        faults.append(Fault("project", "must have a key and a name"))
    if not faults:
        faults = list(_faults_of_environments(document["environments"]))
    if faults:
        raise Invalid(faults)
    return document


def _faults_of_environments(environments: list[dict[str, Any]]) -> Iterator[Fault]:
    for index, each in enumerate(environments):
        place = f"environments[{index}]"
        yield from (
            Fault(f"{place}.{name}", "unknown member") for name in sorted(each.keys() - OF_AN_ENVIRONMENT.keys())
        )
        for name, kind in OF_AN_ENVIRONMENT.items():
            if name in each and not isinstance(each[name], kind):
                yield Fault(f"{place}.{name}", "must be true or false" if kind is bool else "must be a text")
        if "name" not in each:
            yield Fault(f"{place}.name", "is missing")


def _faults_of(name: str, value: object) -> list[Fault]:
    if not isinstance(value, list):
        return [Fault(name, "must be a list of objects")]
    keys: set[str] = set()
    faults = []
    for index, each in enumerate(value):
        place = f"{name}[{index}]"
        if not isinstance(each, dict) or not isinstance(each.get("key"), str):
            faults.append(Fault(place, "must be an object with a key"))
        elif each["key"].lower() in keys:
            faults.append(Fault(f"{place}.key", f'"{each["key"]}" is there twice'))
        elif not isinstance(each.get("states", {}), dict):
            faults.append(Fault(f"{place}.states", "must be an object: the key of an environment and its state"))
        else:
            keys.add(each["key"].lower())
    return faults


def refuse_too_many(document: object) -> None:
    """For whoever waits for the answer. Raises Invalid."""
    held = read(document)
    count = sum(len(held[name]) for name in LISTS) + sum(len(flag.get("states", {})) for flag in held["flags"])
    if count > MOST_IN_A_REQUEST:
        holds = f"the file holds {count:,} things (environments, segments, flags and states)"
        how = "an operator imports more at once with manage.py import_project --into"
        raise Invalid([Fault("flags", f"{holds}; here it may be {MOST_IN_A_REQUEST:,}: {how}")])
