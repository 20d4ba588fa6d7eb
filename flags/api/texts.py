"""A flag's state as text, in bodies and answers: `rules_text` stands in the place of all members but `enabled`."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from flags import services
from flags.language import Parsed, TextFault, parse_rules, print_rules
from flags.models import Flag, FlagConfig
from tenants.api.problems import Refused, refuse
from tenants.problems import Fault, Invalid
from tenants.refusals import member_of

Body = dict[str, Any]
RULES_TEXT = "rules_text"
COVERED = ("off", "prerequisites", "targets", "rules", "fallthrough")


def asked_for(query: Mapping[str, str]) -> bool:
    """Whether `?rules_text=true` asks for an answer with the text."""
    asked = query.get(RULES_TEXT, "false")
    if asked not in ("true", "false"):
        raise refuse(RULES_TEXT, "is true or false")
    return asked == "true"


def spelled_out(state: Body, flag: Flag) -> tuple[Body, Parsed]:
    """The body with the members that its text stands for, and the text; raises Invalid with lines and columns."""
    if twice := [name for name in COVERED if name in state]:
        detail = f"rules_text says {', '.join(twice)} as well: leave out the one or the other."
        raise Refused(422, "said-twice", "The same is said twice", detail)
    if not isinstance(text := state[RULES_TEXT], str):
        raise refuse(RULES_TEXT, "must be a text")
    parsed = parse_rules(text, variants=flag.variants)
    if parsed.body is None:
        raise Invalid(map(_fault, parsed.faults))
    return {name: value for name, value in state.items() if name != RULES_TEXT} | parsed.body, parsed


def located(refusal: Invalid, text: Parsed) -> Invalid:
    """The same refusal with lines and columns, where it is about what the text said."""
    of_text = [fault for fault in refusal.faults if member_of(fault.path) in COVERED]
    others = [fault for fault in refusal.faults if fault not in of_text]
    return Invalid([*map(_fault, text.located(of_text)), *others])


def _fault(fault: TextFault) -> Fault:
    return Fault(RULES_TEXT, str(fault), fault.line, fault.column)


def as_text(document: Mapping[str, Any]) -> Body:
    """A state's answer with its text."""
    kept = {name: value for name, value in document.items() if name not in COVERED}
    return {"enabled": kept.pop("enabled"), RULES_TEXT: print_rules(dict(document))} | kept


def verdict(text: str, config: FlagConfig) -> Body:
    """What the text would make of a state: the body and the canonical text, or all that is wrong with it."""
    parsed = parse_rules(text, variants=config.flag.variants)
    if parsed.body is None:
        return _wrong(parsed.faults)
    try:
        state = services.check_config(config, parsed.body)
    except Invalid as refusal:
        return _wrong(parsed.located(refusal.faults))
    return {
        "body": parsed.body,
        RULES_TEXT: print_rules(parsed.body),
        "faults": [],
        "warnings": list(map(parsed.with_lines, state.warnings)),
    }


def _wrong(faults: Iterable[TextFault]) -> Body:
    return {"body": None, RULES_TEXT: None, "faults": [asdict(fault) for fault in faults], "warnings": []}
