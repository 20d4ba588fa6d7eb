"""How experiments are found by name."""

from collections.abc import Iterator

from django.urls import reverse

from analytics.models import Experiment
from tenants.dashboard.search.found import Found, Question


def experiments(question: Question) -> Iterator[Found]:
    rows = Experiment.objects.visible_to(question.actor).select_related("project", "organization", "environment")
    for one in question.named(rows, "name", "key"):
        address = reverse("experiments:experiment", args=[one.organization.slug, one.project.key, one.key])
        yield Found("Experiments", one.name, address, "flask", one.key, f"{one.project.name}, {one.environment.name}")
