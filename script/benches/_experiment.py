"""An experiment as it is recorded, written straight into the tables, and how long its results take.

python -m script.benches._experiment 200000     does so in the database of the environment, and prints JSON
"""

import json
import os
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

METRICS: dict[str, dict[str, Any]] = {
    "conversion": {"event": "purchase"},
    "mean": {"event": "purchase", "cap": 500},
    "ratio": {"event": "purchase", "denominator_event": "view"},
    "quantile": {"event": "view", "quantile": 0.95},
}


def measured(subjects: int) -> dict[str, float]:
    """What, and how many seconds, queries or rows."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from analytics.experiments.analysis import analysed
    from analytics.models import Enrolment, Outcome

    now = timezone.now()
    experiment = _an_experiment(now)
    _record(experiment, subjects, now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    found: dict[str, float] = {
        "subjects": Enrolment.with_deleted.count(),
        "events": Outcome.with_deleted.count(),
    }
    analysed(experiment, now=now)
    for kind in METRICS:
        experiment.primary_metric, experiment.metrics = kind, []
        found[f"results of one metric, {kind}: s"] = _seconds(lambda: analysed(experiment, now=now))
    experiment.metrics = list(METRICS)
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as captured:
        document = analysed(experiment, now=now)
    found["results of all four: s"] = time.perf_counter() - began
    found["... queries"] = len(captured)
    found["... bytes of the document"] = len(json.dumps(document))
    return found


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _an_experiment(now: datetime) -> Any:
    from analytics.models import Experiment, Metric
    from script.benches._tenant import make
    from tenants.models import Project

    project = Project.objects.get(pk=make(1)["project"]["id"])
    place = {"organization_id": project.organization_id, "project": project}
    for kind, fields in METRICS.items():
        Metric.objects.create(**place, key=kind, name=kind, kind=kind, **fields)
    what = {"flag": project.flags.get(), "environment": project.environments.get(), "control": "off"}
    state = {"status": "running", "started_at": now - timedelta(days=14), "weights": {"off": 50, "on": 50}}
    return Experiment.objects.create(**place, **what, **state, key="bench", name="Bench", primary_metric="mean")


def _record(experiment: Any, subjects: int, now: datetime) -> None:
    from analytics.models import Enrolment, Outcome

    draw = random.Random(14)  # noqa: S311 - the same events every time
    enrolments: list[dict[str, Any]] = []
    outcomes: list[dict[str, Any]] = []
    for number in range(subjects):
        first = now - timedelta(days=14 * draw.random())
        who = {"organization_id": experiment.organization_id, "subject": number.to_bytes(16), "is_public": False}
        met = {"experiment_id": experiment.pk, "variant": draw.choice(("on", "off")), "first_at": first}
        enrolments.append(who | met)
        for position, (event, at, value) in enumerate(_deeds(draw, first)):
            happened = {"event": event, "at": at, "value": value, "batch": number, "position": position}
            outcomes.append(who | {"environment_id": experiment.environment_id} | happened)
    _write(Enrolment, enrolments)
    _write(Outcome, outcomes)


def _write(model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """On PostgreSQL by COPY, since the driver takes long over large INSERTs, and into a table that no policy guards first."""
    from django.db import connection, transaction

    table, columns = model._meta.db_table, ", ".join(rows[0])
    values = [[_adapted(value) for value in row.values()] for row in rows]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TEMPORARY TABLE made ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0")  # noqa: S608
            with cursor.copy("COPY made FROM STDIN") as copy:
                for each in values:
                    copy.write_row(each)
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT * FROM made")  # noqa: S608
        else:
            marks = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608 - its own names


def _adapted(value: Any) -> Any:
    from django.db import connection

    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _deeds(draw: random.Random, first: datetime) -> Iterator[tuple[str, datetime, float]]:
    if draw.random() < 0.5:
        yield "purchase", first + timedelta(hours=draw.uniform(-100, 100)), draw.gammavariate(2, 30)
    for _ in range(5):
        yield "view", first + timedelta(hours=draw.uniform(-100, 100)), draw.expovariate(1)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")
    os.environ["FLAGFORGE_LOG_LEVEL"] = "ERROR"
    django.setup()
    print(json.dumps(measured(int(sys.argv[1]))))
