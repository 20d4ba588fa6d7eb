"""Asks for each page of the map as the owner of the organization that is named, within this process; prints JSON."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

import django

TIMES = 11
# Whose pages: everything that people see once they are signed in, but the admin.
SPACES = (
    *("tenants", "flags", "stale", "unknown", "telemetry"),
    *("experiments", "results", "rollouts", "guardrails", "playground"),
)
PLACEHOLDER = re.compile(r"<\w+:(\w+)>")
Row = list[Any]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")
    django.setup()
    json.dump(list(rows(sys.argv[1])), sys.stdout)


def rows(slug: str) -> Iterator[Row]:
    from django.conf import settings
    from django.test import Client

    from tenants.models import User

    settings.ALLOWED_HOSTS = ["testserver"]
    client, names = Client(), names_of_things(slug)
    owner = User.objects.get(email=f"owner@{slug}.example")
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    for page, route in routes():
        wanted = PLACEHOLDER.findall(route)
        if all(name in names for name in wanted):
            address = "/" + PLACEHOLDER.sub(lambda found: names[found[1]], route)
            if is_a_page(client.get(address)):
                yield measured(client, page, address)


def is_a_page(answer: Any) -> bool:
    return bool(answer.status_code == 200 and answer["Content-Type"].startswith("text/html"))


def measured(client: Any, page: str, address: str) -> Row:
    from unittest.mock import patch

    from django.db.backends.utils import CursorWrapper

    # Whatever thread and connection asks.
    with patch.object(CursorWrapper, "execute", autospec=True, side_effect=CursorWrapper.execute) as asked:
        answer = client.get(address)
    taken = sorted(timed(client, address) for _ in range(TIMES))
    return [page, asked.call_count, round(median(taken), 1), round(quantiles(taken, n=20)[-1], 1), len(answer.content)]


def timed(client: Any, address: str) -> float:
    """In milliseconds."""
    begun = time.perf_counter()
    client.get(address)
    return (time.perf_counter() - begun) * 1000


def routes() -> Iterator[tuple[str, str]]:
    from django.urls import get_resolver

    every: Any = get_resolver().url_patterns
    for resolver in every:
        space = getattr(resolver, "namespace", None)
        if space in SPACES:
            for pattern in resolver.url_patterns:
                yield f"{space}:{pattern.name}", f"{resolver.pattern}{pattern.pattern}"


def names_of_things(slug: str) -> dict[str, str]:
    """What stands for the converters of routes: something of each kind that the seed made."""
    from analytics.models import Experiment, Metric
    from flags.models import Flag, Segment
    from tenants.models import ApiKey, Membership, Project, Webhook

    project = Project.objects.select_related("organization").get(organization__slug=slug)
    inside: Any = {"project": project}
    return {
        "organization": slug,
        "project": project.key,
        "environment": "production",
        "flag": Flag.objects.filter(**inside).order_by("key")[0].key,
        "segment": Segment.objects.filter(**inside).order_by("key")[0].key,
        "experiment": Experiment.objects.filter(**inside).order_by("key")[0].key,
        "metric": Metric.objects.filter(**inside).order_by("key")[0].key,
        "api_key": ApiKey.objects.filter(organization=project.organization, kind="server").order_by("id")[0].id,
        "webhook": Webhook.objects.filter(organization=project.organization).order_by("id")[0].id,
        "member": Membership.objects.filter(organization=project.organization).order_by("-id")[0].user_id,
    }


if __name__ == "__main__":
    main()
