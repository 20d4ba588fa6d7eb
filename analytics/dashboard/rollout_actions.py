"""What is done with rollouts on their pages: made, started, paused, hurried, stopped, rolled back."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from analytics.dashboard.rollouts import BUTTONS, rollout_page
from analytics.models import Rollout
from analytics.rollouts import services
from analytics.rollouts.steps import Step, preset_steps, read_steps
from flags.dashboard.triggers import state_page
from flags.models import Flag, FlagConfig
from flags.selectors import state_of
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.models import Environment
from tenants.permissions import require
from tenants.problems import Fault, Invalid

SERVICES: dict[str, Callable[..., Any]] = {
    "start": services.start,
    "next": services.next_step,
    "pause": services.pause,
    "resume": services.resume,
    "stop": services.stop,
    "roll_back": services.roll_back,
}
CONSEQUENCES = {
    "start": ["The first step is taken at once: those whom it names get the new variant."],
    "next": ["The next step comes as soon as the sample is met and everybody has the step before."],
    "pause": ["What is served now stays so until somebody resumes it."],
    "resume": ["It goes on from what is served now; the time and the sample of the step begin anew."],
    "stop": ["What is served now stays so for good, and no further step is taken."],
    "roll_back": [
        "Everybody gets at once what they got before the rollout began, the very same people.",
        "It cannot go on after that: make another one.",
    ],
}
DONE = {
    "start": "{} has started.",
    "next": "{}: the time of this step is over.",
    "pause": "{} is paused.",
    "resume": "{} goes on.",
    "stop": "{} is stopped. What is served stays.",
    "roll_back": "{} is rolled back: everybody gets what they got before.",
}


class NextStep(Confirmation):
    """With the step that the page showed when somebody pressed its button."""

    step = forms.IntegerField(required=False, widget=forms.HiddenInput)


class NewRollout(PageForm):
    variant = forms.ChoiceField(label="Roll out")
    rule = forms.ChoiceField(required=False, label="To whom")
    preset = forms.ChoiceField(
        choices=[
            ("canary", "Canary: 1, 5, 25, 100 %"),
            ("blue_green", "Blue/green: everybody at once"),
            ("own", "Steps of your own"),
        ],
        label="How",
    )
    minutes = forms.IntegerField(
        required=False,
        min_value=0,
        initial=60,
        label="Minutes after each step",
        help_text="Empty: until somebody says “next”. Blue/green is kept for so long, to be swapped back.",
    )
    minimum_sample = forms.IntegerField(
        min_value=0, initial=0, label="Minimum sample", help_text="Evaluations to the variant before it goes on."
    )
    steps = forms.CharField(
        required=False,
        label="Steps of your own",
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "placeholder": "0.5\n10\n50\n100"}),
        help_text="One share a line, in per cent. Each waits as long as said above, the last not at all.",
    )
    begin = forms.ChoiceField(
        choices=[("now", "Now"), ("at", "At the time below"), ("later", "When somebody starts it")], label="Start"
    )
    starts_at = forms.DateTimeField(
        required=False, label="Start at (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    name = forms.CharField(required=False, max_length=100, help_text="Its variant and flag without one.")
    comment = comment_field()

    def __init__(self, *args: Any, config: FlagConfig, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        variant: Any = self.fields["variant"]
        variant.choices = [(name, name) for name in config.flag.variants]
        rule: Any = self.fields["rule"]
        rule.choices = [("", "Everybody whom no rule names")] + [
            (each["id"], each.get("name") or f"the rule {each['id']}") for each in config.rules
        ]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("begin") == "at" and not given.get("starts_at") and "starts_at" not in self.errors:
            self.add_error("starts_at", "Say when.")
        return given


@state_page
def new(request: PageRequest, flag: Flag, environment: Environment) -> HttpResponse:
    config = state_of(flag, environment)
    config.flag, config.environment = flag, environment
    require(request.actor, "rollout.create", config)
    form = NewRollout(typed(request), config=config)

    def create(**given: Any) -> Rollout:
        return made(flag, environment, request, given)

    if form.carried_out(request, create):
        messages.success(request, f"{form.outcome} is {form.outcome.get_status_display()}.")
        return redirect(_address(form.outcome))
    context = {"form": form, "flag": flag, "environment": environment, "config": config}
    return show(request, "analytics/new_rollout.html", context, status=form.status)


def made(flag: Flag, environment: Environment, request: PageRequest, given: dict[str, Any]) -> Rollout:
    """Planned; and started where that was asked for. One that cannot be started stays planned, and a message says why."""
    rollout = services.create(
        flag,
        environment,
        variant=given["variant"],
        steps=steps_typed(given),
        preset=given["preset"],
        rule_id=given["rule"] or None,
        name=given["name"],
        starts_at=given["starts_at"] if given["begin"] == "at" else None,
        actor=request.actor,
        comment=given["comment"],
    )
    return services.start(rollout, actor=request.actor) if given["begin"] == "now" else rollout


def steps_typed(given: dict[str, Any]) -> Sequence[Step]:
    wait = None if given["minutes"] is None else given["minutes"] * 60
    if given["preset"] != Rollout.Preset.OWN:
        return preset_steps(given["preset"], wait_seconds=wait, minimum_sample=given["minimum_sample"])
    try:
        shares = [float(line.strip().rstrip("%")) for line in given["steps"].splitlines() if line.strip()]
    except ValueError:
        raise Invalid([Fault("steps", "Write one number a line, as 0.5.")]) from None
    *before, last = [*shares, 0][: len(shares)] or [0]
    each = {"wait_seconds": wait, "minimum_sample": given["minimum_sample"]}
    return read_steps([{"percent": share, **each} for share in before] + [{"percent": last}])


@rollout_page
def act(request: PageRequest, rollout: Rollout, what: str) -> HttpResponse:
    """The buttons of its page; without scripts or a comment the same page asks first."""
    _, verb, word = BUTTONS[what]
    require(request.actor, verb, rollout)
    form = (
        NextStep(typed(request), initial={"step": rollout.position}) if what == "next" else Confirmation(typed(request))
    )

    def change(**given: Any) -> Any:
        return SERVICES[what](rollout, actor=request.actor, **given)

    if form.confirmed(request, change):
        messages.success(request, DONE[what].format(rollout))
        return redirect(_address(rollout))
    context = {
        "form": form,
        "title": f"{word.removesuffix('…')}: {rollout}",
        "consequences": CONSEQUENCES[what],
        "back": _address(rollout),
        "keep": "Leave it as it is",
        "act": word.removesuffix("…"),
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


def _address(rollout: Rollout) -> str:
    project = rollout.environment.project
    return reverse("rollouts:rollout", args=[project.organization.slug, project.key, rollout.pk])
