"""What an experiment has shown, as a page; and how many subjects one takes before it starts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from analytics.dashboard.colors import of_variants
from analytics.dashboard.intervals import Course, Forest, course_of, forest_of
from analytics.dashboard.plots import Stack, stacked
from analytics.experiments import snapshots
from analytics.experiments.planning import MEAN, RATE, Plan, planned, read_plan
from analytics.experiments.selectors import Intervention, find_experiment, interventions_in
from analytics.models import Experiment
from tenants.dashboard.doors import PageRequest, project_page, seen, show
from tenants.models import Project
from tenants.problems import Invalid


class ResultsPage:
    """The last results, with where everything lies in its plots."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.snapshot = snapshots.latest(experiment)
        self.document: dict[str, Any] = self.snapshot.document if self.snapshot else {}
        self.colors = of_variants(experiment.flag, self.document.get("subjects", {}))

    @property
    def interventions(self) -> Sequence[Intervention]:
        return interventions_in(self.experiment)

    @property
    def forests(self) -> Sequence[Forest]:
        return [forest_of(metric, self.colors) for metric in self.document.get("metrics", [])]

    @property
    def course(self) -> Course | None:
        """None: fewer than two days."""
        return course_of(snapshots.course(self.experiment), self.colors)

    @property
    def newcomers(self) -> Stack | None:
        """Subjects by the day on which they met it first. None: nobody did, or it was worked out before days were counted."""
        days: dict[str, dict[str, int]] = self.document.get("days", {})
        if not days:
            return None
        first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (min(days), max(days)))
        starts = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return stacked([(start, days.get(f"{start:%Y-%m-%d}", {})) for start in starts], self.colors)

    @property
    def shares(self) -> list[tuple[str, str, float | None, int, float | None, int]]:
        """Each variant: name, colour, its share as configured and as it was (in per cent), subjects, switchers."""
        subjects, switched = self.document["subjects"], self.document["switched"]
        configured, whole = self.document["split"]["shares"], sum(subjects.values())
        return [
            (
                variant,
                self.colors[variant],
                100 * configured[variant] if variant in configured else None,
                number,
                100 * number / whole if whole else None,
                switched[variant],
            )
            for variant, number in subjects.items()
        ]

    @property
    def switched(self) -> int:
        return sum(self.document["switched"].values())

    @property
    def odds(self) -> int | None:
        """Chance alone does such a mismatch once in so many cases."""
        p_value = self.document["split"]["p_value"]
        return round(1 / p_value) if p_value and p_value > 1e-9 else None


@project_page
@require_safe
def results(request: PageRequest, project: Project, experiment: str) -> HttpResponse:
    found = seen(find_experiment(project, experiment, request.actor))
    return show(request, "analytics/experiment_results.html", {"results": ResultsPage(found), "experiment": found})


class PlanForm(forms.Form):
    """What `planning.read_plan` takes, as people write it: shares in per cent."""

    kind = forms.ChoiceField(
        label="What is measured",
        choices=[(RATE, "How many do something"), (MEAN, "How much of it they do")],
        help_text="Conversion, or a mean.",
    )
    baseline = forms.FloatField(label="What it is now", help_text="A rate in per cent, or a mean.")
    deviation = forms.FloatField(label="Standard deviation", required=False, help_text="Of a mean, among subjects.")
    lift = forms.FloatField(
        label="Change that must be seen, in per cent", help_text="Of what it is now: 10 is a tenth more."
    )
    variants = forms.IntegerField(label="Variants", help_text="With the control, in equal shares.")
    a_day = forms.FloatField(
        label="New subjects a day", required=False, help_text="Who meet the flag for the first time."
    )

    @classmethod
    def usual(cls) -> "PlanForm":
        usual = Plan()
        return cls(initial={"kind": RATE, "baseline": 5, "lift": 10, "variants": usual.variants, "a_day": 1000})

    def asked(self) -> dict[str, str]:
        """As the API is asked; every field is valid."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        given["lift"] = given["lift"] / 100
        if given["kind"] == RATE:
            given["baseline"] = given["baseline"] / 100
        return {name: str(value) for name, value in given.items()}


@project_page
@require_safe
def sample_size(request: PageRequest, project: Project) -> HttpResponse:
    form = PlanForm(request.GET) if request.GET else PlanForm.usual()
    plan = None
    if form.is_bound and form.is_valid():
        try:
            plan = planned(read_plan(form.asked()))
        except Invalid as refusal:
            for fault in refusal.faults:
                form.add_error(fault.path if fault.path in form.fields else None, fault.message)
    return show(request, "analytics/sample_size.html", {"form": form, "plan": plan}, status=400 if form.errors else 200)
