"""The analytics app: telemetry comes in here."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics.attributes.knowledge import known_in
        from analytics.dashboard.searching import experiments
        from analytics.guardrails import tokens as tokens  # so that rotating envelope keys knows the column
        from analytics.waiting import batches
        from flags.knowledge import learn_from
        from tenants.dashboard.search.found import find_by
        from tenants.queues import counted_by

        counted_by(batches)
        learn_from(known_in)
        find_by(experiments)
