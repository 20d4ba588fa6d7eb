"""The steps of a rollout: what each is, how bodies say it, and the presets."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from analytics.models import Rollout
from tenants.problems import Fault, Invalid

MOST_STEPS = 50
LONGEST_WAIT = 90 * 24 * 3600
LARGEST_SAMPLE = 1_000_000_000
CANARY = (1, 5, 25, 100)
AN_HOUR, A_DAY = 3600, 24 * 3600
# The thousandths of a per cent that float arithmetic may miss, as in flags.allocation.
NOISE = 1e-9

Preset = Rollout.Preset


@dataclass(frozen=True, slots=True)
class Step:
    """So many per cent, and what must be before it is left: the next is taken then, or after the last the rollout is over.

    `wait_seconds` None: until a person says "next". `minimum_sample` counts evaluations to the variant since the step.
    """

    percent: float
    wait_seconds: int | None = 0
    minimum_sample: int = 0

    @property
    def is_by_hand(self) -> bool:
        return self.wait_seconds is None


def steps_of(rollout: Rollout) -> list[Step]:
    return [Step(**step) for step in rollout.steps]


def preset_steps(preset: str, *, wait_seconds: int | None = AN_HOUR, minimum_sample: int = 0) -> list[Step]:
    """A canary waits after each step but its last; blue/green keeps what it swapped for so long, ready to be swapped back.

    Raises Invalid for a preset that has no steps of its own, and for what `read_steps` refuses.
    """
    if preset == Preset.CANARY:
        *before, last = CANARY
        return _checked([Step(percent, wait_seconds, minimum_sample) for percent in before] + [Step(last)])
    if preset == Preset.BLUE_GREEN:
        return _checked([Step(100, wait_seconds, minimum_sample)])
    raise Invalid([Fault("preset", f"Choose one of {Preset.CANARY}, {Preset.BLUE_GREEN}, or give steps.")])


def read_steps(given: object) -> list[Step]:
    """Raises Invalid with the path of each fault."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not 1 <= len(given) <= MOST_STEPS:
        raise Invalid([Fault("steps", f"Give 1 to {MOST_STEPS} steps.")])
    strange = [fault for index, step in enumerate(given) for fault in _strange(f"steps[{index}]", step)]
    if strange:
        raise Invalid(strange)
    return _checked([Step(**step) for step in given])


def documents_of(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [asdict(step) for step in steps]


def weights_of(step: Step, variant: str, baseline: str) -> dict[str, float]:
    return {variant: step.percent, baseline: round(100 - step.percent, 3)}


def _strange(path: str, step: object) -> Iterator[Fault]:
    if not isinstance(step, Mapping):
        yield Fault(path, "Must be an object.")
    elif "percent" not in step:
        yield Fault(f"{path}.percent", "Is missing.")
    else:
        known = Step.__dataclass_fields__
        yield from (Fault(path, f"Has {', '.join(known)}, and nothing else.") for name in step if name not in known)


def _checked(steps: list[Step]) -> list[Step]:
    faults = [fault for index, step in enumerate(steps) for fault in _faults(f"steps[{index}]", step)]
    if not faults:
        pairs = itertools.pairwise(steps)
        faults = [
            Fault(f"steps[{index}].percent", f"Must be more than the {before.percent:g} % of the step before.")
            for index, (before, step) in enumerate(pairs, start=1)
            if step.percent <= before.percent
        ]
    if faults:
        raise Invalid(faults)
    return steps


def _faults(path: str, step: Step) -> Iterator[Fault]:
    if not _is_share(step.percent):
        yield Fault(f"{path}.percent", "A number from 0.001 to 100, with at most 3 decimals.")
    if step.wait_seconds is not None and not _is_whole(step.wait_seconds, LONGEST_WAIT):
        yield Fault(f"{path}.wait_seconds", f"A whole number up to {LONGEST_WAIT:,} (90 days), or null: by hand.")
    if not _is_whole(step.minimum_sample, LARGEST_SAMPLE):
        yield Fault(f"{path}.minimum_sample", f"A whole number up to {LARGEST_SAMPLE:,}.")


def _is_whole(number: object, most: int) -> bool:
    return type(number) is int and 0 <= number <= most


def _is_share(percent: object) -> bool:
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 < percent <= 100:
        return False
    thousandths = round(percent * 1000)
    return thousandths >= 1 and math.isclose(percent * 1000, thousandths, rel_tol=0, abs_tol=NOISE)
