"""Why a flag cannot go: an experiment on it has people, and could be neither stopped nor concluded any more."""

from collections.abc import Iterator

from analytics.experiments.places import HAVE_PEOPLE
from analytics.models import Experiment
from flags.models import Flag
from flags.standing import Going

Status = Experiment.Status
# An archived flag comes back as it was, and its experiments are seen meanwhile.
KEEPING: dict[Going, tuple[str, ...]] = {"archived": (Status.RUNNING,), "deleted": HAVE_PEOPLE}
WHAT_TO_DO = {
    Status.RUNNING: "is running in {place}; stop or conclude it",
    Status.STOPPED: "is stopped in {place} and still served; conclude or delete it",
}


def experiments_on(flag: Flag, going: Going) -> Iterator[str]:
    """In one query."""
    rows = Experiment.objects.filter(flag=flag, status__in=KEEPING[going]).select_related("environment")
    for each in rows.order_by("key"):
        yield f"the experiment {each.key} {WHAT_TO_DO[Status(each.status)].format(place=each.environment.key)} first."
