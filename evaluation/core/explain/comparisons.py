"""One comparison of an attribute with a condition's values."""

from datetime import datetime
from typing import Any

from ..context import NOW, Context, reader
from ..instants import clock, instant
from ..judges import Judge, TimedJudge
from ..operators import OPERATORS
from .trace import Comparison, Truth


def compare(node: dict[str, Any], path: str, negate: bool, context: Context, now: datetime) -> Comparison:
    """The condition at the path, turned around by `negate` and by its own member of that name."""
    saw, found_at = _look_up(node["attribute"], context, now)
    verdict = _verdict(node, saw, now)
    turned = node.get("negate", False) is not negate
    return Comparison(
        path=path,
        holds=verdict is not None and verdict is not turned,
        truth=_truth(verdict, saw),
        attribute=node["attribute"],
        op=node["op"],
        values=tuple(node.get("values", ())),
        negate=turned,
        ignore_case=node.get("ignore_case", False),
        saw=saw,
        found_at=found_at,
    )


def _look_up(attribute: str, context: Context, now: datetime) -> tuple[object, tuple[str, ...]]:
    if attribute == NOW:
        return now.isoformat().replace("+00:00", "Z"), (NOW,)
    value = reader(attribute)(context.attributes)
    if value is None:
        return None, ()
    return value, (attribute,) if attribute in context.attributes else tuple(attribute.split("."))


def _verdict(node: dict[str, Any], value: object, now: datetime) -> bool | None:
    """None where the operator cannot judge the value."""
    row = OPERATORS[node["op"]]
    judge = row.judge([row.read(each) for each in node.get("values", ())], node.get("ignore_case", False))
    return _timed(judge, value, clock(now)) if row.timed else _plain(judge, value)


def _plain(judge: Judge, value: object) -> bool | None:
    verdict = judge(value)
    if verdict is None and isinstance(value, list | tuple):
        return any(judge(element) is True for element in value)
    return verdict


def _timed(judge: TimedJudge, value: object, now: int) -> bool | None:
    if isinstance(value, list | tuple):
        moments = [moment for moment in map(instant, value) if moment is not None]
        return any(judge(moment, now) for moment in moments)
    moment = instant(value)
    return None if moment is None else judge(moment, now)


def _truth(verdict: bool | None, saw: object) -> Truth:
    if verdict is None:
        return "missing" if saw is None else "unjudgeable"
    return "true" if verdict else "false"
