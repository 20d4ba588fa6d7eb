"""Publishing: queries and milliseconds from rows to a stored manifest of 10, 100 and 1,000 flags"""

import os
import tempfile
import time
import zlib
from statistics import median

from script.benches._report import Table

SIZES = (10, 100, 1_000)
RUNS = 7


def measure() -> Table:
    with tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder:
        os.environ["FLAGFORGE_DATA"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")
        import django

        django.setup()
        return _measured()


def _measured() -> Table:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from script.benches._tenant import add_flags, make

    settings.OUTBOX_NUDGE = False
    call_command("migrate", verbosity=0)
    document = make(0)
    project_id, environment_id = document["project"]["id"], document["environments"]["production"]["id"]
    table = Table(["flags", "queries", "ms, median", "ms, best", "manifest, bytes", "stored, bytes"])
    have = 0
    for size in SIZES:
        add_flags(project_id, size - have)
        have = size
        table.add(size, *_one_size(environment_id))
    table.notes += [
        f"{connection.vendor}; one flag toggled, then drained: outbox, lock, rows, canonical bytes, compression, storing",
        f"{RUNS} runs each; the queries are those of the whole drain",
    ]
    return table


def _one_size(environment_id: str) -> tuple[int, float, float, int, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from evaluation.models import ManifestVersion
    from flags import services
    from flags.models import FlagConfig
    from tenants import outbox
    from tenants.actors import Actor

    times = []
    for run in range(RUNS):
        config: FlagConfig = FlagConfig.objects.select_related("flag", "environment").earliest("id")
        services.toggle_flag(config.flag, config.environment, enabled=bool(run % 2), actor=Actor.system("bench"))
        begun = time.perf_counter()
        outbox.drain()
        times.append((time.perf_counter() - begun) * 1000)
    services.kill_flag(config.flag, config.environment, actor=Actor.system("bench"))
    services.toggle_flag(config.flag, config.environment, enabled=True, actor=Actor.system("bench"))
    with CaptureQueriesContext(connection) as captured:
        outbox.drain()
    newest = ManifestVersion.objects.filter(environment_id=environment_id).latest("version")
    return len(captured), median(times), min(times), len(zlib.decompress(newest.content)), len(newest.content)
