"""An effect in plain words, for people who have no statistics."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from analytics.statistics.sequential import LEAST_SUBJECTS

ALPHA = 0.05


class Reading(StrEnum):
    """What may be said of a variant now, whenever that is: by the sequential interval."""

    BETTER = "better"
    WORSE = "worse"
    PERHAPS = "perhaps"
    UNCLEAR = "unclear"
    TOO_FEW = "too-few"
    ALL_THE_SAME = "all-the-same"
    TOO_FEW_VALUES = "too-few-values"


def reading_of(metric: Mapping[str, Any], row: Mapping[str, Any], control: str) -> dict[str, str]:
    """`verdict` and `reading` of a variant's row in a metric's document."""
    effect = row["difference"]["sequential"]
    verdict = _verdict(effect, metric["goal"])
    if verdict == Reading.TOO_FEW:
        verdict = _why_unknown(metric, row, control)
    words = f"{metric['name']} with {row['variant']}"
    if verdict in _UNKNOWN:
        return {"verdict": verdict, "reading": f"{words}: {_UNKNOWN[verdict]}."}
    said = f"{words} is {range_of(effect['low'], effect['high'], metric['kind'])} than with {control}"
    return {"verdict": verdict, "reading": f"{said}{_ENDS[verdict]}"}


_UNKNOWN = {
    Reading.TOO_FEW: "too few subjects to say anything yet",
    Reading.ALL_THE_SAME: "the same for all subjects so far, so nothing can be compared",
    Reading.TOO_FEW_VALUES: "there or in the control too few different values lie around this quantile to say anything",
}
_ENDS = {
    Reading.BETTER: ", which is better. Stop when you like: this interval is safe to look at.",
    Reading.WORSE: ", which is worse. Stop when you like: this interval is safe to look at.",
    Reading.PERHAPS: ". Among as many comparisons as these, that may be chance.",
    Reading.UNCLEAR: ". Nothing is decided yet.",
}


def _verdict(effect: Mapping[str, Any], goal: str) -> Reading:
    low, high = effect["low"], effect["high"]
    if low is None or high is None:
        return Reading.TOO_FEW
    if low <= 0 <= high:
        return Reading.UNCLEAR
    if effect["corrected_p_value"] >= ALPHA:
        return Reading.PERHAPS
    return Reading.BETTER if (low > 0) == (goal == "increase") else Reading.WORSE


def _why_unknown(metric: Mapping[str, Any], row: Mapping[str, Any], control: str) -> Reading:
    both = [row, *(each for each in metric["variants"] if each["variant"] == control)]
    if any(each["subjects"] < LEAST_SUBJECTS for each in both):
        return Reading.TOO_FEW
    if any(each["standard_error"] is None for each in both):
        return Reading.TOO_FEW_VALUES
    return Reading.ALL_THE_SAME if all(each["standard_error"] == 0 for each in both) else Reading.TOO_FEW


def range_of(low: float, high: float, kind: str) -> str:
    """1.2 to 3.4 points higher: rates differ by points of 100, everything else by what it is measured in."""
    times, unit = (100, " points") if kind == "conversion" else (1, "")
    if low > 0:
        return f"{amount(times * low)} to {amount(times * high)}{unit} higher"
    if high < 0:
        return f"{amount(-times * high)} to {amount(-times * low)}{unit} lower"
    return f"between {amount(-times * low)}{unit} lower and {amount(times * high)}{unit} higher"


def amount(number: float) -> str:
    """With three digits that count, and as many as a whole number has."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"
