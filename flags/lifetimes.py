"""After how many days a flag is stale: what is usual, and what a project has in its place.

`unused`: nobody asked for it. `unvarying`: everybody got the same variant. `settled`: nobody changed what it says, which is the
same for everybody. And for each kind of flag how long one is expected to live. 0 days: never for that reason.
"""

from collections.abc import Mapping

from flags.models import Flag
from tenants.models import Project
from tenants.problems import Fault, Invalid

USUAL: dict[str, int] = {"unused": 30, "unvarying": 30, "settled": 30} | {
    str(kind): days or 0 for kind, days in Flag.EXPECTED_DAYS.items()
}
# A year, and what counts of telemetry is kept for longer.
LONGEST = 365


def stale_after(project: Project) -> Mapping[str, int]:
    own: dict[str, int] = project.stale_after
    return USUAL | own


def check(days: Mapping[str, object]) -> None:
    """Raises `Invalid` with every name that nobody knows, and every number that is none of days."""
    faults = [_fault(name, number) for name, number in days.items()]
    if found := [fault for fault in faults if fault is not None]:
        raise Invalid(found)


def _fault(name: str, number: object) -> Fault | None:
    if name not in USUAL:
        return Fault(name[:100] if name.isprintable() else "", f"unknown; there are {', '.join(USUAL)}")
    if type(number) is not int or not 0 <= number <= LONGEST:
        return Fault(name, f"must be a whole number of days, 0 (never) to {LONGEST}")
    return None
