"""How many subjects an experiment takes, before it starts: what somebody asks, worked out by `analytics.statistics.power`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from tenants.problems import Fault, Invalid

RATE, MEAN = "rate", "mean"
WEEKS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for.

    kind: whether subjects do something or not (rate), or do more or less of it (mean)
    baseline: the rate or mean with the control; deviation: of a mean, the standard deviation among subjects
    lift: the smallest change that must be seen, by the baseline: 0.1 is a tenth more
    variants: with the control, all with equal shares. Every other one is compared with it, at alpha / (variants - 1)
    a_day: how many new subjects come every day; 0: not known
    """

    kind: str = RATE
    baseline: float = 0.05
    lift: float = 0.1
    deviation: float = 1.0
    variants: int = 2
    alpha: float = 0.05
    power: float = 0.8
    a_day: float = 0.0

    @property
    def pairs(self) -> float:
        """Subjects of all variants for each of two."""
        return self.variants / 2


# Each number's least and most, and whether these ends themselves are meant.
BOUNDS: Mapping[str, tuple[float, float, bool]] = {
    "baseline": (0, 1e12, False),
    "lift": (-1, 1e6, False),
    "deviation": (0, 1e12, False),
    "variants": (2, 20, True),
    "alpha": (0.0001, 0.2, True),
    "power": (0.5, 0.99, True),
    "a_day": (0, 1e12, True),
}


def read_plan(asked: Mapping[str, str]) -> Plan:
    """Raises `Invalid` for what is no number, out of its bounds, or no rate."""
    faults: list[Fault] = []
    kind = asked.get("kind", RATE)
    if kind not in (RATE, MEAN):
        faults.append(Fault("kind", f"must be {RATE} or {MEAN}"))
    numbers: dict[str, Any] = {name: _number(name, asked[name], faults) for name in BOUNDS if name in asked}
    if faults:
        raise Invalid(faults)
    plan = Plan(kind=kind, **numbers)
    _check(plan)
    return plan


def _number(name: str, text: str, faults: list[Fault]) -> float | int:
    least, most, closed = BOUNDS[name]
    try:
        number = float(text[:40])
    except ValueError:
        number = float("nan")
    inside = least <= number <= most if closed else least < number < most
    if not (isfinite(number) and inside and (name != "variants" or number == int(number))):
        what = "a whole number" if name == "variants" else "a number"
        words = f"from {least:g} to {most:g}" if closed else f"above {least:g} and below {most:g}"
        faults.append(Fault(name, f"must be {what} {words}"))
        return number
    return int(number) if name == "variants" else number


def _check(plan: Plan) -> None:
    if plan.lift == 0:
        raise Invalid([Fault("lift", "must not be 0")])
    if plan.kind == RATE and not (plan.baseline < 1 and plan.baseline * (1 + plan.lift) < 1):
        raise Invalid([Fault("baseline", "a rate is below 1, with its lift too")])


def planned(plan: Plan) -> dict[str, Any]:
    """The plan, what it takes, and what can be seen after some weeks. Raises `Invalid` where no number of subjects is enough."""
    # statsmodels takes a second and 100 MB: only who plans has it.
    from analytics.statistics import power

    design = power.Design(alpha=plan.alpha / (plan.variants - 1), power=plan.power)
    change = plan.baseline * plan.lift
    try:
        if plan.kind == RATE:
            need = power.for_rates(plan.baseline, change, design)
        else:
            need = power.for_means(plan.deviation, change, design)
        detectable = _detectable(plan, design)
    except power.NoAnswer as error:
        raise Invalid([Fault("lift", str(error))]) from None
    except (ValueError, TypeError):  # of SciPy or statsmodels, which find no root
        raise Invalid(
            [Fault("lift", "no number of subjects was found: ask for a change that is less extreme")]
        ) from None
    subjects, sequential = (round(number * plan.pairs) for number in (need.fixed, need.sequential))
    return asdict(plan) | {
        "subjects": subjects,
        "sequential_subjects": sequential,
        "days": power.days(subjects, plan.a_day),
        "sequential_days": power.days(sequential, plan.a_day),
        "detectable": [asdict(each) for each in detectable],
    }


@dataclass(frozen=True, slots=True)
class Detectable:
    """`lift` is the smallest rise that so many subjects show; None: not even the greatest."""

    days: int
    subjects: int
    lift: float | None


def _detectable(plan: Plan, design: Any) -> list[Detectable]:
    from analytics.statistics import power

    found = []
    for weeks in WEEKS if plan.a_day else ():
        subjects = round(7 * weeks * plan.a_day)
        of_two = max(2, round(subjects / plan.pairs))
        if plan.kind == RATE:
            change = power.detectable_rate(plan.baseline, of_two, design)
        else:
            change = power.detectable_mean(plan.deviation, of_two, design)
        found.append(Detectable(7 * weeks, subjects, None if change is None else change / plan.baseline))
    return found
