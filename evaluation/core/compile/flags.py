"""One flag of a manifest as frozen data."""

from typing import Any

from ..model import Answer, Check, Flag, Reason, Rule
from ..references import referenced
from ..values import quoted
from .answers import Answers, unreadable_answer
from .conditions import Conditions
from .outcomes import Outcomes
from .segments import keys
from .unreadable import Unreadable

_BUCKETING = 1


def read_flag(key: str, document: object, conditions: Conditions) -> Flag:
    """The flag; raises Unreadable for whatever cannot be understood here. Missing members mean the defaults."""
    if not isinstance(document, dict):
        raise Unreadable(f"{quoted(document)} is not a flag")
    return _Reading(key, document, conditions).flag()


def unreadable_flag(key: str, document: object, why: str) -> Flag:
    """A flag that always answers PARSE_ERROR."""
    answer = unreadable_answer(key, document, why)
    visible = isinstance(document, dict) and document.get("client_visible") is True
    return Flag(
        key=key,
        value_type=answer.value_type,
        version=answer.version,
        client_visible=visible,
        enabled=False,
        settled=answer,
        prerequisites=None,
        unmet={},
        targets={},
        rules=(),
        fallthrough=answer,
    )


class _Reading:
    def __init__(self, key: str, document: dict[str, Any], conditions: Conditions) -> None:
        self._key = key
        self._document = document
        self._conditions = conditions
        self._answers = Answers(key, document)
        self._outcomes = Outcomes(self._answers, document.get("salt"))

    def flag(self) -> Flag:
        """A disabled flag serves its off result whatever its rules say: a kill reaches old readers too."""
        off = self._disabled()
        return self._deciding() if off is None else self._settled(off)

    def _settled(self, answer: Answer) -> Flag:
        return Flag(
            key=self._key,
            value_type=self._answers.value_type,
            version=self._answers.version,
            client_visible=self._claim("client_visible"),
            enabled=self._claim("enabled"),
            settled=answer,
            prerequisites=None,
            unmet={},
            targets={},
            rules=(),
            fallthrough=answer,
        )

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
            return self._settled(fallthrough)
        return Flag(
            key=self._key,
            value_type=self._answers.value_type,
            version=self._answers.version,
            client_visible=self._claim("client_visible"),
            enabled=True,
            settled=None,
            prerequisites=prerequisites,
            unmet=self._unmet(),
            targets=targets,
            rules=rules,
            fallthrough=fallthrough,
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

    def _prerequisites(self) -> Check | None:
        node = self._document.get("prerequisites")
        return None if node is None else self._conditions.check(node, flags=True)

    def _unmet(self) -> dict[str | None, Answer]:
        node = self._document.get("prerequisites")
        unmet: dict[str | None, Answer] = {} if node is None else {None: self._off("DEFAULT")}
        return unmet | {flag: self._off("DEFAULT", prerequisite=flag) for flag in referenced(node, "flag")}

    def _targets(self) -> dict[str, Answer]:
        targets: dict[str, Answer] = {}
        for target in self._list("targets"):
            if not isinstance(target, dict):
                raise Unreadable(f"{quoted(target)} is not a target")
            answer = self._answers.serving(target.get("variant"), "TARGETING_MATCH")
            targets = dict.fromkeys(keys(target.get("values")), answer) | targets
        return targets

    def _rule(self, rule: object) -> Rule | None:
        if not isinstance(rule, dict) or not isinstance(rule.get("id"), str):
            raise Unreadable(f"{quoted(rule)} is not a rule with an id")
        try:
            holds = self._conditions.check(rule["if"]).holds if "if" in rule else None
            outcome = self._outcomes.of_rule(rule["id"], rule.get("serve"))
        except Unreadable as error:
            raise Unreadable(f"rule {rule['id']}: {error}") from None
        return None if outcome is None else Rule(id=rule["id"], holds=holds, outcome=outcome)

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
