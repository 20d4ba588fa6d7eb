"""What a running rollout waits for before it leaves its newest step, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from analytics.models import Rollout
from analytics.rollouts.steps import Step, steps_of
from analytics.selectors import Window, flag_in
from evaluation.convergence.flags import reach_of_flag
from evaluation.convergence.reading import SEARCHED, convergence_of

# Whole minutes are counted as long as telemetry keeps them, then whole hours, then whole days.
FINE, MIDDLE = timedelta(hours=20), timedelta(days=30)
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Hurdle:
    kind: Literal["hand", "time", "sample", "convergence"]
    says: str


def hurdles_of(rollout: Rollout, *, now: datetime) -> Iterator[Hurdle]:
    """One after the other, the cheap ones first; none when the next step may be taken, or the rollout is over.

    The time costs nothing, the sample a query, and whether everybody has the step three.
    """
    step = newest_step(rollout)
    yield from _time(rollout, step, now)
    yield from _sample(rollout, step, now)
    yield from _convergence(rollout, now)


def newest_step(rollout: Rollout) -> Step:
    return steps_of(rollout)[max(rollout.position, 1) - 1]


def time_over(rollout: Rollout) -> datetime | None:
    """When the newest step's time is over; None where a person says so, or it has not begun."""
    seconds = newest_step(rollout).wait_seconds
    return None if seconds is None or rollout.since is None else rollout.since + timedelta(seconds=seconds)


def sample_of(rollout: Rollout, *, now: datetime) -> int:
    """How many evaluations to the variant, or exposures where there were more, applications told of since the newest step.

    What happened in the minute of the step (after a day: in its hour, after a month: on its day) may be older and is not
    counted. Evaluations are those that a split decided; where the step gives the variant to everybody, all.
    """
    if rollout.since is None:
        return 0
    window = _window(rollout.since, now)
    evaluations = exposures = 0
    reasons = {"SPLIT"} if newest_step(rollout).percent < 100 else None
    for tally in flag_in(window, rollout.environment, rollout.flag.key).values():
        by_reason = tally.get("counts", {}).get(rollout.flag.key, {}).get(rollout.variant, {})
        evaluations += sum(number for reason, number in by_reason.items() if reasons is None or reason in reasons)
        exposures += tally.get("exposures", {}).get(rollout.flag.key, {}).get(rollout.variant, 0)
    return max(evaluations, exposures)


def _window(since: datetime, now: datetime) -> Window:
    age = now - since
    window = Window("minute" if age < FINE else "hour" if age < MIDDLE else "day", since, now)
    length, start_of = window.level.length, window.level.start_of
    return Window(window.step, start_of(since - timedelta(microseconds=1)) + length, start_of(now) + length)


def _time(rollout: Rollout, step: Step, now: datetime) -> Iterator[Hurdle]:
    if rollout.is_hurried:
        return
    over = time_over(rollout)
    if over is None:
        yield Hurdle("hand", "somebody to say “next”")
    elif now < over:
        yield Hurdle("time", f"its time to be over, {_moment(over, now)}")


def _moment(at: datetime, now: datetime) -> str:
    return f"at {at:%H:%M:%S} UTC" if at - now < timedelta(days=1) else f"on {at:%-d %B at %H:%M} UTC"


def _sample(rollout: Rollout, step: Step, now: datetime) -> Iterator[Hurdle]:
    if not step.minimum_sample:
        return
    count = sample_of(rollout, now=now)
    if count < step.minimum_sample:
        counted = f"{count:,} of {step.minimum_sample:,}"
        yield Hurdle("sample", f"evaluations to {rollout.variant}: {counted} since the step")


def _convergence(rollout: Rollout, now: datetime) -> Iterator[Hurdle]:
    convergence = convergence_of(rollout.environment, now=now, searched=SEARCHED)
    # Asked only where something is published: else looking would publish, in the middle of a transaction.
    reach = reach_of_flag(rollout.flag, rollout.environment, convergence) if convergence.versions else None
    if reach is None or reach.version is None:
        yield Hurdle("convergence", "the step to be published")
    elif not reach.is_effective:
        behind = [each.name for each in convergence.lagging(reach.version)]
        named = ", ".join(behind[:MOST_NAMED]) + (
            f" and {len(behind) - MOST_NAMED} more" if behind[MOST_NAMED:] else ""
        )
        yield Hurdle("convergence", f"everybody to have the step: {named} {'are' if behind[1:] else 'is'} behind")
