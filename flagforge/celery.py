"""The Celery application and its timetable."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

from flagforge import broker
from flagforge import following as following  # they all hear of the worker's start
from flagforge import heart as heart
from flagforge import naming as naming
from flagforge import tracing as tracing
from flagforge import window as window  # and of each task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")

broker.register()
app = Celery("flagforge")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# `expires`: a beat that could not be worked off in time is worth nothing, the next one says the same.
app.conf.beat_schedule = {
    "heartbeat": {"task": "tenants.tasks.keep_time", "schedule": 10.0, "options": {"expires": 10}},
    "outbox-sweep": {"task": "tenants.tasks.sweep_outbox", "schedule": 1.0, "options": {"expires": 5}},
    "outbox-forget": {
        "task": "tenants.tasks.forget_processed",
        "schedule": crontab(minute=17),
        "options": {"expires": 600},
    },
    "audit-checkpoints": {
        "task": "tenants.tasks.take_checkpoints",
        "schedule": crontab(minute=7),
        "options": {"expires": 1800},
    },
    # Once a day, and again every hour until that succeeded.
    "backup": {"task": "tenants.tasks.keep_up_backups", "schedule": crontab(minute=3), "options": {"expires": 3000}},
    "backup-drill": {
        "task": "evaluation.tasks.drill_backup",
        "schedule": crontab(hour=4, minute=43),
        "options": {"expires": 3600},
    },
    "snapshots": {
        "task": "evaluation.tasks.store_changed_snapshots",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "snapshots-all": {
        "task": "evaluation.tasks.store_all_snapshots",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "mails-send": {"task": "tenants.tasks.send_mails", "schedule": 5.0, "options": {"expires": 5}},
    "mails-forget": {
        "task": "tenants.tasks.forget_mails",
        "schedule": crontab(minute=47),
        "options": {"expires": 600},
    },
    "purges-sweep": {"task": "tenants.tasks.sweep_purges", "schedule": 5.0, "options": {"expires": 10}},
    "purges-forget": {
        "task": "tenants.tasks.forget_purges",
        "schedule": crontab(minute=47),
        "options": {"expires": 600},
    },
    "webhooks": {"task": "tenants.tasks.deliver_webhooks", "schedule": 1.0, "options": {"expires": 5}},
    "deliveries-forget": {
        "task": "tenants.tasks.forget_deliveries",
        "schedule": crontab(minute=27),
        "options": {"expires": 600},
    },
    "alerts": {"task": "tenants.tasks.raise_alerts", "schedule": 2.0, "options": {"expires": 5}},
    "alerts-forget": {
        "task": "tenants.tasks.forget_raised_alerts",
        "schedule": crontab(minute=57),
        "options": {"expires": 600},
    },
    "watched-flags": {"task": "flags.tasks.follow_watched_flags", "schedule": 2.0, "options": {"expires": 5}},
    "watchers-mail": {"task": "flags.tasks.mail_watchers", "schedule": 10.0, "options": {"expires": 20}},
    "watched-flags-forget": {
        "task": "flags.tasks.forget_watched_events",
        "schedule": crontab(minute=37),
        "options": {"expires": 600},
    },
    "logs-purge": {
        "task": "tenants.tasks.purge_logs",
        "schedule": crontab(hour=3, minute=27),
        "options": {"expires": 3600},
    },
    "reports-forget": {
        "task": "evaluation.tasks.forget_reports",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 300},
    },
    "telemetry-fold": {"task": "analytics.tasks.fold_batches", "schedule": 5.0, "options": {"expires": 10}},
    "guardrails": {"task": "analytics.tasks.watch_guardrails", "schedule": 1.0, "options": {"expires": 5}},
    "guardrails-ask": {"task": "analytics.tasks.ask_prometheus", "schedule": 5.0, "options": {"expires": 10}},
    "guardrails-measure": {
        "task": "analytics.tasks.measure_guardrails",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "guardrails-forget": {
        "task": "analytics.tasks.forget_points",
        "schedule": crontab(minute=27),
        "options": {"expires": 600},
    },
    "telemetry-sum": {"task": "analytics.tasks.sum_tallies", "schedule": 30.0, "options": {"expires": 60}},
    "telemetry-partitions": {
        "task": "analytics.tasks.make_partitions",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 300},
    },
    "telemetry-forget": {
        "task": "analytics.tasks.forget_batches",
        "schedule": crontab(minute=37),
        "options": {"expires": 600},
    },
    "attributes-forget": {
        "task": "analytics.tasks.forget_attributes",
        "schedule": crontab(minute=7),
        "options": {"expires": 600},
    },
    # Each owner once a week at most, whatever day that is.
    "stale-flags-remind": {
        "task": "analytics.tasks.remind_owners",
        "schedule": crontab(hour=7, minute=7),
        "options": {"expires": 3600},
    },
    "tallies-forget": {
        "task": "analytics.tasks.forget_tallies",
        "schedule": crontab(minute=47),
        "options": {"expires": 600},
    },
    "experiments-analyse": {
        "task": "analytics.tasks.take_snapshots",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "experiments-forget": {
        "task": "analytics.tasks.forget_experiments",
        "schedule": crontab(minute=27),
        "options": {"expires": 600},
    },
    "rollouts": {"task": "analytics.tasks.run_rollouts", "schedule": 2.0, "options": {"expires": 5}},
    "samples-forget": {
        "task": "analytics.tasks.forget_samples",
        "schedule": crontab(minute=57),
        "options": {"expires": 600},
    },
}


def make_broker_folders(options: Mapping[str, Any]) -> None:
    """The filesystem broker does not make its own folders."""
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if name in options:
            Path(options[name]).mkdir(parents=True, exist_ok=True)


make_broker_folders(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
