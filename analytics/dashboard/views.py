"""What was told of one flag in an environment, and of all of them together."""

from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.dashboard.environment import EnvironmentTelemetry
from analytics.dashboard.flag import FlagTelemetry
from analytics.dashboard.ranges import RANGES, Range, range_named
from flags.dashboard.flag_doors import LAST_ENVIRONMENT
from flags.models import Flag
from flags.selectors import find_flag
from tenants.dashboard.doors import PageRequest, environment_page, project_page, seen, show
from tenants.models import Environment, Project


@project_page
@require_safe
def anywhere(request: PageRequest, project: Project) -> HttpResponse:
    """To the environment where one was last, else the first that one sees."""
    keys = [environment.key for environment in request.shell.environments]
    last = request.session.get(LAST_ENVIRONMENT)
    environment = last if last in keys else seen(next(iter(keys), None))
    return redirect("telemetry:environment", project.organization.slug, project.key, environment)


@environment_page
@require_safe
def environment(request: PageRequest, environment: Environment) -> HttpResponse:
    chosen, now = range_named(request.GET.get("range")), timezone.now()
    telemetry = EnvironmentTelemetry(environment, chosen, request.actor, now)
    return show(request, "analytics/environment.html", _context(environment, chosen, telemetry, now))


@environment_page
@require_safe
def flag(request: PageRequest, environment: Environment, flag: str) -> HttpResponse:
    """The page; for HTMX the part of it that stands on the flag's own page."""
    found: Flag = seen(find_flag(environment.project, flag, request.actor))
    chosen, now = range_named(request.GET.get("range")), timezone.now()
    telemetry = FlagTelemetry(found, environment, chosen, now)
    context = {"flag": found, **_context(environment, chosen, telemetry, now)}
    return show(request, "analytics/_flag.html" if request.htmx else "analytics/flag.html", context)


def _context(environment: Environment, chosen: Range, telemetry: object, now: datetime) -> dict[str, object]:
    return {
        "environment": environment,
        "chosen": chosen,
        "ranges": RANGES,
        "telemetry": telemetry,
        "now": now,
        "server": settings.PUBLIC_URL,
    }
