"""What applications told of an environment, and how often flags are evaluated, as people and programs ask for it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import selectors, stored, tallies
from analytics.api import schema
from analytics.sample_ratio import SampleRatio, sample_ratio
from analytics.selectors import STEPS, Window, by_variant_and_reason, counts_of, window_of
from analytics.sums import Usage
from analytics.tallies import Tally
from evaluation.wire.explanations import moment
from flags.models import Flag
from flags.selectors import find_flag, flags_of
from tenants.api.bodies import read_moment
from tenants.api.doors import EnvironmentView, ProjectView
from tenants.api.problems import found
from tenants.models import Environment
from tenants.problems import Fault, Invalid
from tenants.selectors import environments_of

# So many of what has no end are named, those with the most first.
MOST_NAMED = 100
USUAL = timedelta(days=1)
MOST_DAYS, USUAL_DAYS = 400, 30


@schema.telemetry
class Telemetry(EnvironmentView):
    """An environment over time, or with `?flag=` one flag in it."""

    def get(self, request: Request, **names: str) -> Response:
        asked = self.asked("flag", "from", "to", "step")
        flag = found(find_flag(self.environment.project, asked["flag"], self.actor)) if "flag" in asked else None
        window = _window(asked, now=timezone.now())
        if flag is None:
            return Response(of_environment(window, selectors.heads_of(selectors.contents_in(window, self.environment))))
        found_tallies = selectors.flag_in(window, self.environment, flag.key)
        return Response(of_flag(window, found_tallies, flag.key) | {"split": self._split(flag, window, found_tallies)})

    def _split(self, flag: Flag, window: Window, found_tallies: Mapping[datetime, Tally]) -> dict[str, Any]:
        ratio = sample_ratio(flag, self.environment, window.begin, window.end, now=timezone.now())
        return split_document(ratio, selectors.split_counts(found_tallies.values(), flag.key))


@schema.usage
class UsageView(ProjectView):
    """How often each flag of a project was evaluated in each of its environments."""

    def get(self, request: Request, **names: str) -> Response:
        asked = self.listed("days")
        days, now = _days(asked), timezone.now()
        environments = list(environments_of(self.actor, self.project))

        def show(flags: list[Flag]) -> list[dict[str, Any]]:
            used = selectors.usage_in(environments, days=days, now=now, keys=[flag.key for flag in flags])
            return [_used(flag, environments, used) for flag in flags]

        return self.page(flags_of(self.project, self.actor), show, by="key")


def _window(asked: Mapping[str, str], *, now: datetime) -> Window:
    step = asked.get("step")
    if step is not None and step not in STEPS:
        raise Invalid([Fault("step", f"must be one of {', '.join(STEPS)}")])
    end, begin = _moment(asked, "to") or now, _moment(asked, "from")
    try:
        begin = begin or end - USUAL
        return window_of(begin, end, step)
    except (ValueError, OverflowError) as error:
        raise Invalid([Fault("from", str(error))]) from None


def _moment(asked: Mapping[str, str], name: str) -> datetime | None:
    return read_moment(name, asked[name]) if name in asked else None


def _days(asked: Mapping[str, str]) -> int:
    text = asked.get("days", str(USUAL_DAYS))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_DAYS):
        raise Invalid([Fault("days", f"must be a whole number from 1 to {MOST_DAYS}")])
    return int(text)


def of_environment(window: Window, heads: Mapping[datetime, Tally]) -> dict[str, Any]:
    """`heads` as `selectors.heads_of` gives them."""
    whole = tallies.summed(heads.values())
    by_step = {start: head.get(stored.VARIANTS, {}) for start, head in heads.items()}
    return _over_time(window, by_step, whole.get(stored.REASONS, {})) | _of_environment(whole)


def of_flag(window: Window, found: Mapping[datetime, Tally], flag: str) -> dict[str, Any]:
    """`found` as `selectors.flag_in` gives them."""
    by_step = {start: by_variant_and_reason(counts_of(tally, flag))[0] for start, tally in found.items()}
    whole = tallies.summed(found.values())
    _, reasons = by_variant_and_reason(counts_of(whole, flag))
    return _over_time(window, by_step, reasons) | _of_flag(whole, flag)


def _over_time(
    window: Window, by_step: Mapping[datetime, Mapping[str, int]], reasons: Mapping[str, int]
) -> dict[str, Any]:
    """Every step has a point, those in which nothing happened too."""
    points = [_point(start, by_step.get(start, {})) for start in window.starts]
    busy = [point["start"] for point in points if point["evaluations"]]
    variants = _summed(by_step.values())
    return {
        "from": moment(window.begin),
        "to": moment(window.end),
        "step": window.step,
        "evaluations": sum(variants.values()),
        "variants": variants,
        "reasons": reasons,
        "last_evaluated": busy[-1] if busy else None,
        "points": points,
    }


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    whole: dict[str, int] = {}
    for each in counts:
        for name, number in each.items():
            whole[name] = whole.get(name, 0) + number
    return whole


def _point(start: datetime, variants: Mapping[str, int]) -> dict[str, Any]:
    return {"start": moment(start), "evaluations": sum(variants.values()), "variants": variants}


def _of_flag(whole: Tally, flag: str) -> dict[str, Any]:
    requests, errors = (whole.get(name, {}).get(flag, {}) for name in ("requests", "errors"))
    return {
        "flag": flag,
        "exposures": whole.get("exposures", {}).get(flag, {}),
        "errors": [
            {"variant": variant, "requests": number, "errors": errors.get(variant, 0)}
            for variant, number in requests.items()
        ],
    }


def split_document(ratio: SampleRatio, evaluations: Mapping[str, int]) -> dict[str, Any]:
    shares = ratio.expected
    return {
        "verdict": ratio.verdict,
        "first_day": f"{ratio.first:%Y-%m-%d}",
        "last_day": f"{ratio.last:%Y-%m-%d}",
        "version": ratio.in_force.version,
        "p_value": ratio.result.p_value if ratio.result else None,
        "compared": ratio.compared,
        "switched": ratio.switched,
        "left_out": ratio.left_out,
        "variants": [
            {
                "variant": variant,
                "share": float(shares[variant]) if variant in shares else None,
                "subjects": ratio.subjects.get(variant, 0),
                "evaluations": evaluations.get(variant, 0),
            }
            for variant in dict.fromkeys([*shares, *sorted({*ratio.subjects, *evaluations})])
        ],
    }


def _of_environment(whole: Tally) -> dict[str, Any]:
    return {
        "latency": _latency(whole),
        "cache": {"hit_rate": selectors.hit_rate(whole)} | whole.get("cache", {}),
        "breaker": whole.get("breaker", {}),
        "breaker_history": [
            {"at": moment(turn.at), "sender": turn.sender, "to": turn.to}
            for turn in selectors.turns_in(whole)[:MOST_NAMED]
        ],
        "sdks": [
            {"name": name, "version": version, "application": application, "batches": number}
            for name, versions in whole.get("sdks", {}).items()
            for version, applications in versions.items()
            for application, number in applications.items()
        ][:MOST_NAMED],
        "unknown_flags": _most(whole.get("unknown", {})),
        "events": _most(whole.get("events", {})),
        "left_out": whole.get(tallies.LEFT_OUT, {}),
    }


def _latency(whole: Tally) -> dict[str, Any] | None:
    timed = tallies.total(whole.get("durations"))
    if not timed:
        return None
    return {"timed": timed} | dict(
        zip(("p50_ns", "p95_ns", "p99_ns"), map(round, selectors.percentiles(whole)), strict=True)
    )


def _most(counted: Mapping[str, int]) -> list[dict[str, Any]]:
    ordered = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return [{"key": key, "n": number} for key, number in ordered[:MOST_NAMED]]


def _used(flag: Flag, environments: Iterable[Environment], used: Mapping[str, Mapping[str, Usage]]) -> dict[str, Any]:
    return {
        "key": flag.key,
        "environments": {each.key: _usage(used[each.id].get(flag.key, Usage())) for each in environments},
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "evaluations": usage.evaluations,
        "variants": usage.variants,
        "last_day": f"{usage.last:%Y-%m-%d}" if usage.last else None,
    }
