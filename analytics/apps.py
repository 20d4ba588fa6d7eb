"""The analytics app: telemetry comes in here."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics.attributes.knowledge import known_in
        from analytics.by_hour import by_hour
        from analytics.dashboard.searching import experiments
        from analytics.experiments.standing import experiments_on
        from analytics.guardrails import tokens as tokens  # so that rotating envelope keys knows the column
        from analytics.stale.ranking import stale_keys
        from analytics.waiting import batches
        from flags import knowledge, standing, traffic
        from tenants.dashboard.search.found import find_by
        from tenants.queues import counted_by

        counted_by(batches)
        knowledge.learn_from(known_in)
        traffic.learn_from(traffic.Source(by_hour, stale_keys))
        standing.learn_from(experiments_on)
        find_by(experiments)
