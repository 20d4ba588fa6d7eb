"""Whether everybody has what a flag was saved as last: the line of its page that a kill waits for."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluation.convergence.flags import reach_of_flag
from evaluation.convergence.reading import SEARCHED, convergence_of
from flags import selectors
from flags.models import Flag
from tenants.dashboard.doors import PageRequest, environment_page, seen, show
from tenants.models import Environment

MOST_NAMED = 3


@environment_page
@require_safe
def reach(request: PageRequest, environment: Environment, flag: str) -> HttpResponse:
    """`effective on 14 of 14`; until it is effective, the line asks again by itself. Without a script it is a page."""
    found: Flag = seen(selectors.find_flag(environment.project, flag, request.actor))
    found.project = environment.project
    convergence = convergence_of(environment, now=timezone.now(), searched=SEARCHED)
    reached = reach_of_flag(found, environment, convergence)
    version = reached.version
    lagging = convergence.lagging(version) if version is not None else []
    context = {
        "flag": found,
        "environment": environment,
        "reach": reached,
        "has_it": convergence.reached(version) if version is not None else 0,
        "connected": sum(convergence.connected.values()),
        "lagging": lagging[:MOST_NAMED],
        "more": max(len(lagging) - MOST_NAMED, 0),
        "silent": len(convergence.silent),
    }
    return show(request, "evaluation/_reach.html" if request.htmx else "evaluation/reach.html", context)
