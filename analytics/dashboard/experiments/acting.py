"""Starting, stopping, concluding and deleting an experiment: each asks first, in words, and says how it is taken back."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from analytics.dashboard.experiments.editing import address
from analytics.dashboard.experiments.lists import experiment_page
from analytics.experiments import services
from analytics.models import Experiment
from flags.selectors import state_of
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, show
from tenants.dashboard.forms import typed
from tenants.permissions import require

NOBODY = ""


class Conclusion(Confirmation):
    winner = forms.ChoiceField(required=False, label="Which variant wins", widget=forms.RadioSelect)
    field_order = ("winner", "comment")

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["winner"]
        but = " and nobody holds out" if experiment.group and experiment.group.holdout else ""
        variants = [(name, f"{name}: everybody gets it whom the rule matches{but}") for name in experiment.variants]
        field.choices = [*variants, (NOBODY, "None of them: the flag goes on as it is")]
        field.widget.attrs["class"] = "check"


@experiment_page
def start(request: PageRequest, experiment: Experiment) -> HttpResponse:
    place = f"{experiment.flag} in {experiment.environment.name}"
    return _asked(
        request,
        experiment,
        "start",
        consequences=[
            f"{place} serves {_shares(experiment)} from now on, and who meets which variant is written down.",
            f"{experiment.traffic:g} % take part; everybody else goes on to the next rule."
            if experiment.traffic < 100
            else "Everybody takes part whom the rule matches.",
            "Shares, variants and the metric that decides stay as they are until it is concluded; more people may be let in.",
            "Undo rolls the flag back to what it is now. The experiment goes on counting nobody, until you stop it.",
        ],
        change=lambda **given: services.start_experiment(experiment, actor=request.actor, **given),
        said=f"{experiment.name} is running.",
        undoes_flag=True,
    )


@experiment_page
def stop(request: PageRequest, experiment: Experiment) -> HttpResponse:
    return _asked(
        request,
        experiment,
        "stop",
        consequences=[
            "Nobody counts any more from now on, and the results stay as they are then.",
            f"What {experiment.flag} serves stays as it is, until you conclude the experiment or change the flag.",
            "It cannot be started again: a second run is a second experiment, with people who have not met it.",
        ],
        change=lambda **given: services.stop_experiment(experiment, actor=request.actor, **given),
        said=f"{experiment.name} is stopped. Its results stay; what is served did not change.",
    )


@experiment_page
def conclude(request: PageRequest, experiment: Experiment) -> HttpResponse:
    form = Conclusion(typed(request), experiment=experiment, initial={"winner": NOBODY})

    def change(winner: str, comment: str) -> Any:
        return services.conclude_experiment(experiment, winner=winner or None, actor=request.actor, comment=comment)

    return _asked(
        request,
        experiment,
        "conclude",
        consequences=[
            "Who counts until now counts; nobody does any more.",
            *_what_a_winner_does(experiment),
            "Undo rolls the flag back. The experiment stays concluded.",
        ],
        change=change,
        said=f"{experiment.name} is concluded.",
        form=form,
        undoes_flag=True,
    )


@experiment_page
def delete(request: PageRequest, experiment: Experiment) -> HttpResponse:
    project = experiment.project
    return _asked(
        request,
        experiment,
        "delete",
        consequences=[
            "Who took part, what it has shown and its history go with it. It does not come back.",
            f"What {experiment.flag} serves stays as it is.",
        ],
        change=lambda **given: services.delete_experiment(experiment, actor=request.actor, **given),
        said=f"Deleted: {experiment.name}.",
        after=reverse("experiments:list", args=[project.organization.slug, project.key]),
    )


def _asked(
    request: PageRequest,
    experiment: Experiment,
    what: str,
    *,
    consequences: list[str],
    change: Callable[..., Any],
    said: str,
    form: Confirmation | None = None,
    undoes_flag: bool = False,
    after: str = "",
) -> HttpResponse:
    require(request.actor, f"experiment.{what}", experiment)
    back = address("experiments:experiment", experiment)
    form = form or Confirmation(typed(request))
    before = _version(experiment) if undoes_flag else 0
    if form.confirmed(request, change):
        messages.success(request, _with_undo(experiment, said, before) if undoes_flag else said)
        return redirect(after or back)
    verb = what.capitalize()
    context = {
        "form": form,
        "title": f"{verb} {experiment.name}?",
        "consequences": consequences,
        "back": back,
        "keep": "Not now",
        "act": f"{verb} {experiment.name}",
    }
    return show(request, "analytics/experiments/ask.html", {**context, "experiment": experiment}, status=form.status)


def _what_a_winner_does(experiment: Experiment) -> Iterator[str]:
    group = experiment.group
    yield "With a winner, the flag serves it to all whom the experiment's rule matches."
    if group is None:
        return
    if group.holdout:
        yield (
            f"The {group.holdout:g} % whom {group.name} holds out do not get it: they go on to the next rule as until now, so "
            "that you see what all of its experiments changed together."
        )
    yield f"With a winner its places in {group.name} become free; without one they stay taken as long as the flag splits."


def _version(experiment: Experiment) -> int:
    return int(state_of(experiment.flag, experiment.environment).version)


def _with_undo(experiment: Experiment, said: str, before: int) -> str:
    """With the button that rolls the flag back, where the flag was changed."""
    if _version(experiment) == before:
        return said
    project, environment = experiment.project, experiment.environment
    place = [project.organization.slug, project.key, experiment.flag.key, environment.key]
    return format_html(
        '{} <button class="link" form="undo" formaction="{}?confirmed={}" name="to_version" value="{}">Undo in the flag</button>',
        said,
        reverse("flags:roll_back", args=place),
        environment.key,
        before,
    )


def _shares(experiment: Experiment) -> str:
    return ", ".join(f"{experiment.weights[name]:g} % {name}" for name in experiment.variants)
