"""Who refers to what: variants in states, segments and flags in conditions."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from flags.models import Flag, FlagConfig, Segment
from tenants.models import Environment, Project

Referred = Literal["segment", "flag"]
# A condition that asks for a segment, in JSON: within a value, its quotes would stand behind backslashes.
ASKS_FOR = re.compile(r'(?<!\\)"segment"\s*:\s*"([^"\\]+)"')


@dataclass(frozen=True, slots=True)
class Reference:
    """That a condition at `path` asks for a segment, or for a flag serving one of the variants."""

    path: str
    kind: Referred
    key: str
    variants: tuple[str, ...] = ()


def in_condition(condition: Any, path: str) -> Iterator[Reference]:
    """Every reference in a parsed condition or group."""
    if not isinstance(condition, dict):
        return
    if "segment" in condition:
        yield Reference(f"{path}.segment", "segment", condition["segment"])
    elif "flag" in condition:
        yield Reference(f"{path}.flag", "flag", condition["flag"], tuple(condition["variants"]))
    for name in ("all", "any"):
        for index, child in enumerate(condition.get(name, ())):
            yield from in_condition(child, f"{path}.{name}[{index}]")
    yield from in_condition(condition.get("not"), f"{path}.not")


def in_state(prerequisites: Any, rules: Sequence[dict[str, Any]]) -> Iterator[Reference]:
    """Every reference in a flag's state: of its prerequisites, then of its rules."""
    yield from in_condition(prerequisites, "prerequisites")
    for index, rule in enumerate(rules):
        yield from in_condition(rule.get("if"), f"rules[{index}].if")


def in_segment_rules(rules: Sequence[dict[str, Any]]) -> Iterator[Reference]:
    for index, rule in enumerate(rules):
        yield from in_condition(rule, f"rules[{index}]")


def in_config(config: FlagConfig) -> Iterator[Reference]:
    return in_state(config.prerequisites, config.rules)


def variants_served(config: FlagConfig) -> Iterator[tuple[str, str]]:
    """Where a state names a variant, as (path, variant)."""
    if config.off_variant is not None:
        yield "off", config.off_variant
    for index, target in enumerate(config.targets):
        yield f"targets[{index}].variant", target["variant"]
    for index, rule in enumerate(config.rules):
        yield from _served(rule["serve"], f"rules[{index}].serve")
    if config.fallthrough is not None:
        yield from _served(config.fallthrough, "fallthrough")


def _served(serve: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    if "variant" in serve:
        yield f"{path}.variant", serve["variant"]
        return
    split = serve["split"]
    named = {variant for variant, _, _ in split["ranges"] if variant is not None} | set(split.get("weights", ()))
    yield from ((f"{path}.split", variant) for variant in sorted(named - {"null"}))


def flags_by_segment(project: Project) -> dict[str, int]:
    """How many flags ask for each segment, in whichever environments; in one query, over states that ask for any.

    Read from the text, since a page cannot wait for thousands of states to be parsed.
    """
    found = (
        FlagConfig.objects.filter(flag__project=project)
        .annotate(conditions=Cast("prerequisites", TextField()), rule_text=Cast("rules", TextField()))
        .filter(Q(conditions__contains='"segment"') | Q(rule_text__contains='"segment"'))
        .values_list("flag_id", "conditions", "rule_text")
    )
    pairs = {(key, flag_id) for flag_id, *texts in found for text in texts for key in ASKS_FOR.findall(text or "")}
    return Counter(key for key, _ in pairs)


def segments_by_segment(environment: Environment) -> dict[str, set[str]]:
    """What each segment of the environment's project asks for, by key of those that ask at all; in one query, from the text."""
    found = (
        Segment.objects.filter(project_id=environment.project_id)
        .annotate(rule_text=Cast("rules", TextField()))
        .filter(rule_text__contains='"segment"')
        .values_list("key", "rule_text")
    )
    return {key: set(ASKS_FOR.findall(text)) for key, text in found}


def configs_naming(project: Project, kind: Referred, key: str, **where: Any) -> Iterator[FlagConfig]:
    """The states, in any environment of the project, that refer to the key; deleted flags and environments left out.

    The database only looks for the text; whether it is a reference is decided here, row by row.
    """
    found = (
        FlagConfig.objects.filter(flag__project=project, **where)
        .alias(conditions=Cast("prerequisites", TextField()), rule_text=Cast("rules", TextField()))
        .filter(_mentions("conditions", kind, key) | _mentions("rule_text", kind, key))
        .select_related("flag", "environment")
        .defer("targets", "fallthrough")
        .order_by("environment__position", "environment_id", "flag__key")
    )
    return (config for config in found.iterator(chunk_size=100) if _names(in_config(config), kind, key))


def segments_naming(project: Project, key: str) -> list[Segment]:
    """The segments that ask for this segment."""
    found = Segment.objects.filter(project=project).alias(rule_text=Cast("rules", TextField()))
    asking = found.filter(_mentions("rule_text", "segment", key)).order_by("key")
    return [segment for segment in asking if _names(in_segment_rules(segment.rules), "segment", key)]


def _mentions(column: str, kind: Referred, key: str) -> Q:
    # Keys are plain ASCII, so that JSON writes them as they are.
    return Q(**{f"{column}__contains": f'"{kind}"'}) & Q(**{f"{column}__contains": f'"{key}"'})


def _names(references: Iterator[Reference], kind: Referred, key: str) -> bool:
    return any((reference.kind, reference.key) == (kind, key) for reference in references)


def depending_on(segment: Segment) -> Iterator[FlagConfig]:
    """For each environment where some state asks for the segment, directly or through other segments, one such state."""
    waiting, keys = [segment.key], {segment.key}
    while waiting:
        more = {asking.key for asking in segments_naming(segment.project, waiting.pop())} - keys
        keys |= more
        waiting += more
    for environment in Environment.objects.filter(project=segment.project):
        each = (configs_naming(segment.project, "segment", key, environment=environment) for key in sorted(keys))
        yield from islice(chain.from_iterable(each), 1)


def places(configs: Sequence[FlagConfig]) -> str:
    """States for a message: `checkout (production), banner (staging)`."""
    names = [f"{config.flag.key} ({config.environment.key})" for config in configs[:10]]
    return ", ".join(names) + (f" and {len(configs) - 10} more" if len(configs) > 10 else "")


def is_served(flag: Flag) -> bool:
    return flag.archived_at is None and flag.deleted_at is None


def needed_in(project: Project) -> dict[str, list[FlagConfig]]:
    """By key of each flag that others wait for: the states, of flags that are served, which do. One query."""
    waiting = (
        FlagConfig.objects.filter(flag__project=project, flag__archived_at__isnull=True)
        .alias(conditions=Cast("prerequisites", TextField()), rule_text=Cast("rules", TextField()))
        .filter(Q(conditions__contains='"flag"') | Q(rule_text__contains='"flag"'))
        .select_related("flag", "environment")
        .defer("targets", "fallthrough")
        .order_by("environment__position", "environment_id", "flag__key")
    )
    found: dict[str, list[FlagConfig]] = {}
    for config in waiting.iterator(chunk_size=100):
        for key in {reference.key for reference in in_config(config) if reference.kind == "flag"}:
            found.setdefault(key, []).append(config)
    return found
