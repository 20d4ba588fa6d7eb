"""The evaluation app: what Django needs to know of it. The package itself stays free of Django."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from evaluation.manifest import counting, publish

        publish.listen_to_outbox()
        counting.watch_databases()
