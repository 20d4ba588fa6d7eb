"""Two people began from the same version: mine over theirs, so that each keeps what only they changed."""

from typing import Any

from flags.dashboard.drafts.form import State
from flags.services.saving import same

MEMBERS = ("off", "prerequisites", "targets", "fallthrough")


def merged(base: State, mine: State, theirs: State) -> State:
    """Theirs, with all that I changed: member by member, and rule by rule; where both changed the same, mine."""
    members = {name: theirs[name] if same(base[name], mine[name]) else mine[name] for name in MEMBERS}
    return theirs | members | {"rules": _rules(base["rules"], mine["rules"], theirs["rules"])}


def _rules(base: list[Any], mine: list[Any], theirs: list[Any]) -> list[Any]:
    """In my order if I changed that, else in theirs."""
    was, is_mine, is_theirs = _by_id(base), _by_id(mine), _by_id(theirs)
    chosen = [_chosen(rule, was, is_theirs) for rule in mine]
    new = [rule for rule in theirs if rule["id"] not in was and rule["id"] not in is_mine]
    rules = [rule for rule in (*chosen, *new) if rule is not None]
    if [rule.get("id") for rule in mine] == list(was):
        order = {rule_id: position for position, rule_id in enumerate(is_theirs)}
        rules.sort(key=lambda rule: order.get(rule["id"], len(order)))
    return rules


def _chosen(rule: Any, was: dict[str, Any], theirs: dict[str, Any]) -> Any:
    """Mine if it is new or I changed it, else what they made of it: None when they removed it."""
    rule_id = rule.get("id")
    return theirs.get(rule_id) if rule_id in was and same(rule, was[rule_id]) else rule


def _by_id(rules: list[Any]) -> dict[str, Any]:
    return {rule["id"]: rule for rule in rules if "id" in rule}
