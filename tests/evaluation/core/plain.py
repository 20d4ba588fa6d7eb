"""The plain evaluator: reads SEMANTICS off the documents, slowly, to say what the compiled ruleset must say.

It shares with the core only how a version, a range of versions, a pattern, a moment, a key and a bucket are read.
"""

import re
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from math import isfinite
from operator import ge, gt, le, lt
from typing import Any

from evaluation.core.bucketing import bucket, bucketing_key
from evaluation.core.instants import clock, instant, offset
from evaluation.core.operands import regexp
from evaluation.core.semver import intervals, precedence, within

Document = dict[str, Any]
SAFE = 2**53 - 1
ORDER = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


class Plain:
    """Answers for one asker at one moment; the flags must be readable."""

    def __init__(self, manifest: Document, context: Document, now: datetime, *, client: bool = False) -> None:
        self.flags, self.segments = manifest["flags"], manifest["segments"]
        self.context, self.now, self.client = dict(context), clock(now), client
        if self.context.get("targetingKey") is None:
            self.context["targetingKey"] = next(
                (context[name] for name in ("user_id", "userId") if context.get(name) is not None), None
            )
        self.key = bucketing_key(self.context["targetingKey"])

    def answer(self, key: str) -> Document:
        flag = self.flags.get(key)
        if flag is None or (self.client and not flag["client_visible"]):
            return {"variant": "", "errorCode": "FLAG_NOT_FOUND", "metadata": {}}
        return self.decided(flag)

    def decided(self, flag: Document) -> Document:
        if not flag["enabled"]:
            return served(flag, flag["off"], "STATIC", enabled=False) if flag["off"] else served(flag, None, "DISABLED")
        if flag["prerequisites"] and not self.holds(flag["prerequisites"], False):
            blamed = self.blamed(flag["prerequisites"], False)
            seen = blamed and (not self.client or self.flags.get(blamed, {}).get("client_visible"))
            return served(flag, flag["off"], "DEFAULT", **({"prerequisite": blamed} if seen else {}))
        for target in flag["targets"]:
            if self.key is not None and self.key in map(bucketing_key, target["values"]):
                return served(flag, target["variant"], "TARGETING_MATCH")
        return self.ruled(flag)

    def ruled(self, flag: Document) -> Document:
        for rule in flag["rules"]:
            if "if" not in rule or self.holds(rule["if"], False):
                answer = self.drawn(flag, rule["serve"], "TARGETING_MATCH", rule=rule["id"])
                if answer is not None:
                    return answer
        if flag["fallthrough"] is None:
            return served(flag, None, "DEFAULT")
        answer = self.drawn(flag, flag["fallthrough"], "DEFAULT" if flag["rules"] else "STATIC")
        assert answer is not None
        return answer

    def drawn(self, flag: Document, serve: Document, reason: str, **marks: str) -> Document | None:
        if "variant" in serve:
            return served(flag, serve["variant"], reason, **marks)
        split = serve["split"]
        variants = {variant for variant, _, _ in split["ranges"]}
        if len(variants) == 1:
            variant = variants.pop()
            return None if variant is None else served(flag, variant, reason, **marks)
        key = bucketing_key(self.look_up(split.get("by", "targetingKey")))
        if key is None:
            return {"variant": "", "errorCode": "TARGETING_KEY_MISSING", "metadata": dict(flag["metadata"])}
        fallen = bucket(split.get("salt", flag["salt"]), key)
        variant = next(variant for variant, start, end in split["ranges"] if start <= fallen < end)
        return None if variant is None else served(flag, variant, "SPLIT", **marks)

    def holds(self, node: Document, negate: bool) -> bool:
        if "not" in node:
            return self.holds(node["not"], not negate)
        if "all" in node or "any" in node:
            together = all if ("all" in node) is not negate else any
            return together([self.holds(part, negate) for part in parts_of(node)])
        if "segment" in node:
            return self.belongs(node["segment"]) is not negate
        if "flag" in node:
            return self.serves(node) is not negate
        verdict = self.verdict(node)
        return verdict is not None and verdict is not (node.get("negate", False) is not negate)

    def blamed(self, node: Document, negate: bool) -> str | None:
        if "not" in node:
            return self.blamed(node["not"], not negate)
        failed = [part for part in parts_of(node) if not self.holds(part, negate)]
        return node.get("flag") or next(filter(None, [self.blamed(part, negate) for part in failed]), None)

    def serves(self, node: Document) -> bool:
        parent = self.flags.get(node["flag"])
        return bool(parent and parent["enabled"] and self.decided(parent)["variant"] in {*node["variants"]} - {""})

    def belongs(self, key: str) -> bool:
        segment = self.segments[key]
        if self.key is not None and self.key in map(bucketing_key, segment["excluded"]):
            return False
        included = self.key is not None and self.key in map(bucketing_key, segment["included"])
        return included or any(self.holds(rule, False) for rule in segment["rules"])

    def look_up(self, name: str) -> Any:
        if name in self.context:
            return self.context[name]
        found: Any = None if name.startswith("now.") else self.context
        for step in name.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return found

    def verdict(self, node: Document) -> bool | None:
        op, values, fold = node["op"], node.get("values", []), node.get("ignore_case", False)
        if node["attribute"] == "now":
            return self.timed(op, values, self.now)
        value = self.look_up(node["attribute"])
        if op == "exists":
            return value is not None and not (isinstance(value, float) and not isfinite(value))
        if op == "has_all":
            return (
                [each for each in values if not any(same(one, each, fold) for one in value)] == []
                if isinstance(value, list)
                else None
            )
        if isinstance(value, list):
            return any(self.judged(op, values, fold, element) for element in value)
        return self.judged(op, values, fold, value)

    def judged(self, op: str, values: list[Any], fold: bool, value: Any) -> bool | None:
        if op in ("before", "after"):
            moment = instant(value)
            return None if moment is None else self.timed(op, values, moment)
        return JUDGES[op](value, values, fold)

    def timed(self, op: str, values: list[Any], moment: int) -> bool:
        ends = map(self.end, values)
        return any(moment < end if op == "before" else moment > end for end in ends)

    def end(self, value: Any) -> int:
        relative = offset(value) if isinstance(value, str) else None
        found = self.now + relative if relative is not None else instant(value)
        assert found is not None
        return found


def served(flag: Document, variant: str | None, reason: str, **marks: object) -> Document:
    value = {} if variant is None else {"value": flag["variants"][variant]}
    return {**value, "variant": variant or "", "reason": reason, "metadata": {**flag["metadata"], **marks}}


def parts_of(group: Document) -> list[Document]:
    parts: list[Document] = group["all"] if "all" in group else group.get("any", [])
    return parts


def is_text(value: Any) -> bool:
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def number(value: Any) -> float | None:
    """The number as a finite double; a text does not count."""
    try:
        found = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:
        return None
    return found if found is not None and isfinite(found) else None


def same(one: Any, other: Any, fold: bool) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_text(one) and is_text(other):
        return one.casefold() == other.casefold() if fold else bool(one == other)
    for text, count in ((one, other), (other, one)):
        if is_text(text):
            return number(count) is not None and count == int(count) and abs(count) <= SAFE and text == str(int(count))
    return number(one) is not None and one == other


def judge_in(value: Any, values: list[Any], fold: bool) -> bool | None:
    judgeable = is_text(value) or isinstance(value, bool) or number(value) is not None
    return any(same(value, each, fold) for each in values) if judgeable else None


def text_judge(holds: Callable[[str, str], bool]) -> Any:
    def judge(value: Any, values: list[Any], fold: bool) -> bool | None:
        if not is_text(value):
            return None
        return any(holds(value.casefold(), each.casefold()) if fold else holds(value, each) for each in values)

    return judge


def judge_matches(value: Any, values: list[Any], fold: bool) -> bool | None:
    if not is_text(value):
        return None
    return any(regexp(f"(?i){each}" if fold else each).search(value.encode()) is not None for each in values)


def order_judge(op: str) -> Any:
    def judge(value: Any, values: list[Any], fold: bool) -> bool | None:
        spelled = float(value) if isinstance(value, str) and JSON_NUMBER.fullmatch(value) else value
        found = number(spelled)
        return None if found is None else any(ORDER[op](found, each) for each in values)

    return judge


def version_judge(holds: Callable[[Any, Any], bool]) -> Any:
    def judge(value: Any, values: list[Any], fold: bool) -> bool | None:
        found = precedence(value) if isinstance(value, str) and len(value) <= 256 else None
        return None if found is None else any(holds(found, precedence(each)) for each in values)

    return judge


def judge_range(value: Any, values: list[Any], fold: bool) -> bool | None:
    found = precedence(value) if isinstance(value, str) and len(value) <= 256 else None
    return None if found is None else any(all(within(found, part) for part in intervals(each)) for each in values)


def judge_cidr(value: Any, values: list[Any], fold: bool) -> bool | None:
    address = an_address(value)
    return None if address is None else any(address in a_network(each) for each in values)


def a_network(written: str) -> IPv4Network | IPv6Network:
    network = ip_network(written)
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return ip_network(f"{mapped}/{network.prefixlen - 96}") if mapped else network


def an_address(value: Any) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(value) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def judge_mod(value: Any, values: list[Any], fold: bool) -> bool | None:
    if number(value) is None or value != int(value) or abs(value) > SAFE:
        return None
    return bool(int(value) % values[0] == values[1])


JUDGES: dict[str, Callable[[Any, list[Any], bool], bool | None]] = {
    "in": judge_in,
    "contains": text_judge(lambda whole, part: part in whole),
    "starts_with": text_judge(str.startswith),
    "ends_with": text_judge(str.endswith),
    "matches": judge_matches,
    **{op: order_judge(op) for op in ORDER},
    "semver_eq": version_judge(lambda found, wanted: bool(found == wanted)),
    **{f"semver_{op}": version_judge(holds) for op, holds in ORDER.items()},
    "semver_range": judge_range,
    "cidr": judge_cidr,
    "mod": judge_mod,
}
