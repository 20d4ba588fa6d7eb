"""Telemetry on PostgreSQL: 50,000 exposures a second folded, pages over 30 days of 1,000 flags, bytes of a day"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from script.benches._exposures import APPLICATIONS, FLAGS, OFFERED, STAGES, SUBJECTS, Traffic, a_tally
from script.benches._report import Table, shown
from script.benches._serving import in_production
from script.places import HOST

SECONDS = 10
MANY_FLAGS, ENVIRONMENTS, DAYS, RUNS = 1_000, ("development", "staging", "production"), 30, 100
DIFFERENT_MINUTES = 24
NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
TABLES = ("analytics_minutetally", "analytics_hourtally", "analytics_daytally")


def measure() -> Table:
    table = Table(["what", "number", "to reach"])
    with tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder, in_production(folder) as environment:
        os.environ.update(environment, FLAGFORGE_LOG_LEVEL="ERROR")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")
        import django

        django.setup()
        for what, number, target in _measured():
            print(f"  {what}: {shown(number)}", file=sys.stderr, flush=True)
            table.add(what, number, target)
    table.notes += [
        f"{SUBJECTS:,} subjects x {FLAGS} flags at random, {APPLICATIONS} applications behind a relay, {SECONDS} s each time",
        "seconds per second of traffic: of its own process for each stage, and by the clock, with PostgreSQL, for the fold",
        f"pages and reading: {RUNS} times each, {DAYS} days of {MANY_FLAGS:,} flags in {len(ENVIRONMENTS)} environments",
    ]
    return table


def _measured() -> Iterator[tuple[str, Any, str]]:
    from django.core.management import call_command

    from tenants.bootstrap import bootstrap
    from tenants.models import Project

    call_command("migrate", verbosity=0)
    document = bootstrap("bench", "shop", list(ENVIRONMENTS), "bench@example.com")
    project = Project.objects.get(pk=document["project"]["id"])
    yield from _exposures(project)
    yield from _bytes_of_a_day(project)
    yield from _reading(project, document["token"])


def _exposures(project: Any) -> Iterator[tuple[str, Any, str]]:
    from analytics import partitions

    partitions.make_ahead(now=NOW)
    environment = project.environments.get(key="production")
    traffic = Traffic(environment.id, project.organization_id)
    for seed, name in enumerate(("everybody is new", "the relay knows all")):
        if seed:
            traffic.remember_everybody()
        traffic.begin(seed)
        traffic.run(SECONDS)
        yield f"{name}: exposures/s offered", OFFERED, f"{OFFERED:,}"
        yield f"{name}: told by SDKs, /s", traffic.told_by_sdks / SECONDS, ""
        yield f"{name}: passed on by the relay, /s", traffic.passed_on / SECONDS, ""
        yield f"{name}: batches (rows)/s", traffic.batches / SECONDS, ""
        for stage in STAGES:
            yield (
                f"{name}: {stage}, s per s of traffic",
                traffic.seconds[stage] / SECONDS,
                "1" if stage == "fold" else "",
            )
        yield f"{name}: batches not folded at the end", traffic.backlog, "0"


def _bytes_of_a_day(project: Any) -> Iterator[tuple[str, Any, str]]:
    from analytics import stored, tallies
    from analytics.models import DayTally, HourTally, MinuteTally

    environment, day = project.environments.get(key="development"), NOW.replace(hour=0, minute=0) - timedelta(days=1)
    before = _bytes()
    made = [a_tally(seed, MANY_FLAGS) for seed in range(DIFFERENT_MINUTES)]
    hour = tallies.summed(made[number % DIFFERENT_MINUTES] for number in range(60))
    minutes, hours = list(map(stored.pressed, made)), stored.pressed(hour)
    whole = {"organization": project.organization, "environment": environment, "is_summed": True}
    MinuteTally.objects.bulk_create(
        (
            MinuteTally(own=minutes[number % DIFFERENT_MINUTES], start=day + timedelta(minutes=number), **whole)
            for number in range(1_440)
        ),
        batch_size=100,
    )
    HourTally.objects.bulk_create(
        HourTally(below=hours, start=day + timedelta(hours=number), **whole) for number in range(24)
    )
    DayTally.objects.create(below=stored.pressed(tallies.summed([hour] * 24)), start=day, **whole)
    yield f"a day of {MANY_FLAGS:,} flags, each evaluated in every minute, MB", (_bytes() - before) / 1e6, "20"


def _bytes() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [list(TABLES)]
        )
        return int(cursor.fetchone()[0])


def _reading(project: Any, token: str) -> Iterator[tuple[str, Any, str]]:
    from django.test import Client

    from tenants.models import User

    _fill(project)
    since = f"{NOW - timedelta(days=DAYS - 1):%Y-%m-%dT00:00:00Z}"
    api, page = "/api/v1/organizations/bench/projects/shop", "/organizations/bench/projects/shop"
    telling = f"{api}/environments/production/telemetry?from={since}&step=day"
    pages = Client(SERVER_NAME=HOST)
    pages.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    program = Client(SERVER_NAME=HOST, headers={"Authorization": f"Bearer {token}"})
    for client, address in ((program, f"{api}/"), (pages, f"{page}/")):
        client.get(address)  # a server's process has its modules and templates already
    for name, client, address in (
        ("usage of the project", program, f"{api}/usage/?days={DAYS}"),
        ("telemetry of an environment", program, telling),
        ("telemetry of a flag", program, f"{telling}&flag=flag-0007"),
        ("page of an environment", pages, f"{page}/environments/production/telemetry/?range=month"),
        ("page of a flag", pages, f"{page}/flags/flag-0007/environments/production/telemetry/?range=month"),
    ):
        times, queries = _asked(client, address)
        yield f"{name}: p50 ms", statistics.median(times), "200"
        yield f"{name}: p95 ms", statistics.quantiles(times, n=20)[-1], "200"
        yield f"{name}: queries", queries, ""


def _fill(project: Any) -> None:
    from analytics import stored
    from analytics.models import DayTally
    from flags.models import Flag, FlagConfig

    flags = [
        Flag(
            organization=project.organization,
            project=project,
            key=f"flag-{number:04}",
            name="Bench",
            variants={"on": True, "off": False},
        )
        for number in range(MANY_FLAGS)
    ]
    Flag.objects.bulk_create(flags)
    environments = list(project.environments.all())
    FlagConfig.objects.bulk_create(
        FlagConfig(organization=project.organization, flag=flag, environment=environment, enabled=True)
        for flag in flags
        for environment in environments
    )
    DayTally.objects.all().delete()
    DayTally.objects.bulk_create(
        DayTally(
            organization=project.organization,
            environment=environment,
            is_summed=True,
            start=NOW.replace(hour=0, minute=0) - timedelta(days=number),
            below=stored.pressed(a_tally(number, MANY_FLAGS)),
        )
        for environment in environments
        for number in range(DAYS)
    )


def _asked(client: Any, address: str) -> tuple[list[float], int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        answer = client.get(address)
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise AssertionError(f"{address}: {answer.status_code}")
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return times, len(captured)
