"""One flag of a manifest as frozen data."""

from collections.abc import Mapping
from dataclasses import replace
from sys import intern
from typing import Any

from ..model import NOTHING, Answer, Condition, Flag, Reason, References, Rule, Split
from ..references import referenced
from ..values import quoted
from .answers import Answers, unreadable_answer
from .conditions import Conditions
from .outcomes import Outcomes
from .segments import keys, version
from .unreadable import Unreadable

_BUCKETING = 1


def read_flag(key: str, document: object, source: str | None = None) -> Flag:
    """The flag, from its document alone; one that cannot be understood here has a fault. Missing members mean the defaults."""
    try:
        return _Reading(key, document, source).flag()
    except Unreadable as error:
        return _unreadable_from(key, document, source, str(error))


def unreadable(flag: Flag, why: str) -> Flag:
    """The same flag, now with a fault: it always answers PARSE_ERROR."""
    answer = unreadable_answer(flag.key, flag.value_type, flag.version, why)
    return replace(flag, enabled=False, settled=answer, fault=why)


def _unreadable_from(key: str, document: object, source: str | None, why: str) -> Flag:
    known = document if isinstance(document, dict) else {}
    value_type = known["type"] if isinstance(known.get("type"), str) else ""
    answer = unreadable_answer(key, value_type, version(known), why)
    return Flag(
        key=key,
        source=source,
        value_type=value_type,
        version=answer.version,
        client_visible=known.get("client_visible") is True,
        enabled=False,
        settled=answer,
        fallthrough=answer,
        references=References(flags=_asked(known)),
        fault=why,
    )


def _asked(document: dict[str, Any]) -> frozenset[str]:
    return frozenset(referenced(document.get("prerequisites"), "flag"))


class _Reading:
    def __init__(self, key: str, document: object, source: str | None) -> None:
        if not isinstance(document, dict):
            raise Unreadable(f"{quoted(document)} is not a flag")
        self._key = key
        self._source = source
        self._document: dict[str, Any] = document
        self._conditions = Conditions()
        self._answers = Answers(key, document)
        self._outcomes = Outcomes(self._answers, document.get("salt"))

    def flag(self) -> Flag:
        """A disabled flag serves its off result whatever its rules say: a kill reaches old readers too."""
        off = self._disabled()
        return self._deciding() if off is None else self._flag(off, off)

    def _deciding(self) -> Flag:
        bucketing = self._document.get("bucketing", _BUCKETING)
        if bucketing != _BUCKETING:
            raise Unreadable(f"the bucketing version {quoted(bucketing)} is not known here")
        written = self._list("rules")
        prerequisites, targets = self._prerequisites(), self._targets()
        rules = tuple(rule for rule in map(self._rule, written) if rule is not None)
        fallthrough = self._outcomes.of_fallthrough(
            self._document.get("fallthrough"), "DEFAULT" if written else "STATIC"
        )
        if isinstance(fallthrough, Answer) and not (prerequisites or targets or rules):
            return self._flag(fallthrough, fallthrough)
        return self._flag(
            None, fallthrough, rules=rules, targets=targets, prerequisites=prerequisites, unmet=self._unmet()
        )

    def _flag(self, settled: Answer | None, fallthrough: Answer | Split, **deciding: Any) -> Flag:
        return Flag(
            key=self._key,
            source=self._source,
            value_type=self._answers.value_type,
            version=self._answers.version,
            client_visible=self._claim("client_visible"),
            enabled=self._claim("enabled"),
            settled=settled,
            fallthrough=fallthrough,
            references=self._conditions.references(_asked(self._document)),
            **deciding,
        )

    def _disabled(self) -> Answer | None:
        off = self._off("STATIC", enabled=False)
        if self._claim("enabled"):
            return None
        return off if off.variant else self._answers.nothing("DISABLED")

    def _off(self, reason: Reason, **marks: str | bool) -> Answer:
        variant = self._document.get("off")
        return (
            self._answers.nothing(reason, **marks)
            if variant is None
            else self._answers.serving(variant, reason, **marks)
        )

    def _prerequisites(self) -> Condition | None:
        node = self._document.get("prerequisites")
        return None if node is None else self._conditions.read(node, flags=True)

    def _unmet(self) -> Mapping[str | None, Answer]:
        node = self._document.get("prerequisites")
        if node is None:
            return NOTHING
        unmet: dict[str | None, Answer] = {None: self._off("DEFAULT")}
        return unmet | {flag: self._off("DEFAULT", prerequisite=flag) for flag in referenced(node, "flag")}

    def _targets(self) -> Mapping[str | None, Answer]:
        targets: dict[str | None, Answer] = {}
        for target in self._list("targets"):
            if not isinstance(target, dict):
                raise Unreadable(f"{quoted(target)} is not a target")
            answer = self._answers.serving(target.get("variant"), "TARGETING_MATCH")
            for key in keys(target.get("values")):
                targets.setdefault(key, answer)
        return targets or NOTHING

    def _rule(self, rule: object) -> Rule | None:
        if not isinstance(rule, dict) or not isinstance(rule.get("id"), str):
            raise Unreadable(f"{quoted(rule)} is not a rule with an id")
        self._conditions.rule = name = intern(rule["id"])
        try:
            condition = self._conditions.read(rule["if"]) if "if" in rule else None
            outcome = self._outcomes.of_rule(name, rule.get("serve"))
        except Unreadable as error:
            raise Unreadable(f"rule {name}: {error}") from None
        return None if outcome is None else Rule(id=name, condition=condition, outcome=outcome)

    def _list(self, member: str) -> list[object]:
        value = self._document.get(member, [])
        if not isinstance(value, list):
            raise Unreadable(f"{member} is not a list")
        return value

    def _claim(self, member: str) -> bool:
        value = self._document.get(member, False)
        if not isinstance(value, bool):
            raise Unreadable(f"{member} is not true or false")
        return value
