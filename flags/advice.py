"""Notes on rules from what is known of attributes: sound rules that nobody, as it seems, is meant by. Pure; they stop nobody."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from evaluation.core.context import NOW, TARGETING_KEY
from evaluation.core.parse.faults import suggestion
from evaluation.core.values import inside, quoted
from flags.knowledge import EVERY_CONTEXT, Knowledge, Known
from flags.operators import NUMBER, TEXT_OPERATORS

LATELY = timedelta(days=14)
# Who has looked at fewer contexts does not know what there is.
ENOUGH = 100
NUMERIC_OPERATORS = frozenset(("gt", "gte", "lt", "lte", "mod"))
# What is so rare among an attribute's types is somebody's mistake.
RARE = 0.01
WORDS = {"string": "text", "number": "a number", "boolean": "true or false", "list": "a list"}


def advice(fields: Mapping[str, Any], known: Knowledge, now: datetime) -> tuple[str, ...]:
    """A sentence for each that is worth a look, in a state by its table's columns (`flags.documents.State.fields`)."""
    every = known.get(EVERY_CONTEXT)
    if every is None or every.times < ENOUGH or every.last_seen < now - LATELY:
        return ()
    conditions = [("prerequisites", fields["prerequisites"])]
    conditions += [(f"rules[{index}].if", rule.get("if")) for index, rule in enumerate(fields["rules"])]
    return tuple(note for path, each in conditions for note in _in_condition(each, path, known, now))


def _in_condition(condition: Any, path: str, known: Knowledge, now: datetime) -> Iterator[str]:
    if not isinstance(condition, dict):
        return
    if "attribute" in condition:
        yield from (f"{path}: {note}" for note in _of(condition, known, now))
    yield from _in_condition(condition.get("not"), f"{path}.not", known, now)
    for name in ("all", "any"):
        for index, part in enumerate(condition.get(name, ())):
            yield from _in_condition(part, inside(f"{path}.{name}", index), known, now)


def _of(condition: Mapping[str, Any], known: Knowledge, now: datetime) -> Iterator[str]:
    name = condition["attribute"]
    if name in (NOW, TARGETING_KEY):
        return
    found = known.get(name)
    if found is None or found.last_seen < now - LATELY:
        near = suggestion(name, [each for each in known if each not in (EVERY_CONTEXT, name)])
        yield f"no context had {name} in the last {LATELY.days} days{near or '.'}"
    elif wrong := _wrong_type(condition, found):
        yield f"{name} is seen as {wrong} here."
    else:
        yield from _never_seen(condition, found)


def _wrong_type(condition: Mapping[str, Any], found: Known) -> str:
    """How it is seen and how it is compared, where that does not fit; "" where it does."""
    seen = {each for each, times in found.types.items() if times > RARE * found.times}
    op, values = condition["op"], condition.get("values", ())
    if op in TEXT_OPERATORS:
        wanted = "string"
    elif op in NUMERIC_OPERATORS:
        wanted = "number"
    elif op == "in" and values and all(_is_text(value) for value in values):
        wanted = "string"
    else:
        return ""
    if len(seen) != 1 or wanted in seen or "list" in seen or (wanted == "number" and "string" in seen):
        return ""  # a text may spell a number
    return f"{WORDS.get(seen.pop(), 'something else')}, and compared as {WORDS[wanted]}"


def _is_text(value: object) -> bool:
    """No number in quotes, which `in` takes as the number."""
    return isinstance(value, str) and not NUMBER.fullmatch(value)


def _never_seen(condition: Mapping[str, Any], found: Known) -> Iterator[str]:
    if condition["op"] != "in" or condition.get("ignore_case") or found.times < ENOUGH:
        return
    for value in condition.get("values", ()):
        if found.was_seen(value) is False:
            near = suggestion(value, [each for each in found.values if isinstance(each, str)])
            yield f"no context had the value {quoted(value)} of {condition['attribute']}{near or '.'}"
