"""The forms of experiments, metrics and exclusion groups; each comes to the body that the services take."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from analytics.dashboard.experiments.ranges import free_in, places_of
from analytics.experiments.selectors import groups_of, metrics_of
from analytics.models import ExclusionGroup, Experiment, Metric
from flags.dashboard.words import title
from flags.models import FlagConfig
from tenants.actors import Actor
from tenants.dashboard.forms import PageForm, comment_field, key_field
from tenants.models import Environment, Project
from tenants.refusals import complaints_of

Body = dict[str, Any]


def prose(**options: Any) -> forms.CharField:
    return forms.CharField(required=False, max_length=10_000, widget=forms.Textarea({"rows": 3}), **options)


def per_cent(label: str, **options: Any) -> forms.FloatField:
    widget = forms.NumberInput({"step": "any", "min": "0", "max": "100", "inputmode": "decimal"})
    return forms.FloatField(min_value=0, max_value=100, label=label, widget=widget, **options)


class Place(forms.Form):
    """Which flag, and where: what all else depends on."""

    flag = forms.ChoiceField()
    environment = forms.ChoiceField()


class ExperimentForm(PageForm):
    """Of a draft all may still be changed. What the flag does not have any more stays on offer where the experiment names it."""

    name = forms.CharField(max_length=200, help_text="As in “A shorter checkout sells more”.")
    key = key_field("Key", of="name", help_text="Its address, for good.")
    hypothesis = prose(
        help_text="What do you change, whom does it help, and by which number will you see it? Write it before you look."
    )
    rule = forms.ChoiceField(required=False, label="Among whom", help_text="Whom this rule matches is split.")
    control = forms.ChoiceField(help_text="What the others are compared with: mostly what people have today.")
    primary_metric = forms.ChoiceField(
        required=False, label="Decided by", help_text="One number decides. It is needed before the start."
    )
    metrics = forms.MultipleChoiceField(required=False, label="Looked at besides", widget=forms.CheckboxSelectMultiple)
    guardrail_metrics = forms.MultipleChoiceField(
        required=False, label="Must not get worse", widget=forms.CheckboxSelectMultiple
    )
    traffic = per_cent("Per cent who take part", initial=100, help_text="More can be let in later; nobody moves.")
    group = forms.ChoiceField(
        required=False, label="Exclusion group", help_text="Nobody takes part in two experiments of one group."
    )
    servers_only = forms.BooleanField(
        required=False, label="Leave out what browsers and phones tell, since anybody can make it up"
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    comment = comment_field()

    def __init__(
        self,
        *args: Any,
        config: FlagConfig,
        project: Project,
        actor: Actor,
        experiment: Experiment | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.config, self.experiment = config, experiment
        self.variants = list(dict.fromkeys([*config.flag.variants, *(experiment.weights if experiment else ())]))
        for variant in self.variants:
            self.fields[_weight(variant)] = per_cent(variant, required=False)
            self.fields[_weight(variant)].widget.attrs["class"] = "input"
        self._offer(project, actor, config.environment)
        self._close()

    def _offer(self, project: Project, actor: Actor, environment: Environment) -> None:
        keys = [(each.key, f"{each.name} ({each.key})") for each in metrics_of(project, actor)]
        groups = list(groups_of(project, actor))
        choices = {
            "rule": [("", "All whom no rule names"), *self._rules()],
            "control": [(name, name) for name in self.variants],
            "primary_metric": [("", "Not chosen yet"), *keys],
            "metrics": keys,
            "guardrail_metrics": keys,
            "group": [("", "None: it may overlap with others"), *_groups(groups, environment)],
        }
        for name, offered in choices.items():
            field: Any = self.fields[name]
            field.choices = offered

    def _rules(self) -> list[tuple[str, str]]:
        rules = [(each["id"], title(each, number)) for number, each in enumerate(self.config.rules, 1)]
        own = self.experiment.rule_id if self.experiment else ""
        if own and own not in dict(rules):
            rules.append((own, f"{own}, which the flag does not have any more"))
        return rules

    def _close(self) -> None:
        """What may not be changed any more is shown and cannot be typed into."""
        changeable = {
            Experiment.Status.DRAFT.value: None,
            Experiment.Status.RUNNING.value: {"name", "hypothesis", "metrics", "guardrail_metrics", "traffic"},
        }.get(self.experiment.status if self.experiment else Experiment.Status.DRAFT.value, {"name", "hypothesis"})
        for name, field in self.fields.items():
            if changeable is not None and name not in changeable | {"version", "comment"}:
                field.disabled = True

    @property
    def weights(self) -> list[Any]:
        return [self[_weight(variant)] for variant in self.variants]

    def body(self, given: Mapping[str, Any]) -> Body:
        plain = ("name", "hypothesis", "control", "metrics", "guardrail_metrics", "traffic", "servers_only")
        weights = {name: given[_weight(name)] for name in self.variants if given.get(_weight(name))}
        return {name: given[name] for name in plain} | {
            "weights": weights,
            **{name: given[name] or None for name in ("rule", "primary_metric", "group")},
        }

    def refuse(self, refusal: Exception, *, at: str | None = None) -> None:
        """What is wrong with the weight of one variant stands at it, and with all of them at the first."""
        for complaint in complaints_of(refusal):
            variant, _, said = complaint.message.removeprefix("weights.").partition(": ")
            if complaint.member == "weights" and variant in self.variants:
                self.add_error(_weight(variant), said)
            elif complaint.member == "weights":
                self.add_error(_weight(self.variants[0]), complaint.message)
            else:
                self.add_error(complaint.member if complaint.member in self.fields else at, complaint.message)


def initial_of(experiment: Experiment) -> Body:
    plain = ("name", "key", "hypothesis", "control", "primary_metric", "metrics", "guardrail_metrics", "traffic")
    return {name: getattr(experiment, name) for name in (*plain, "servers_only", "version")} | {
        "rule": experiment.rule_id,
        "group": experiment.group.key if experiment.group else "",
        **{_weight(name): weight for name, weight in experiment.weights.items()},
    }


def equal_weights(variants: Iterable[str]) -> Body:
    """As equal as three decimals allow."""
    names = list(variants)
    each = round(100 / len(names), 3)
    first = round(100 - each * (len(names) - 1), 3)
    return {_weight(name): first if number == 0 else each for number, name in enumerate(names)}


def _weight(variant: str) -> str:
    return f"weight-{variant}"


def _groups(groups: list[ExclusionGroup], environment: Environment) -> list[tuple[str, str]]:
    """With what is free there."""
    places = places_of(groups, [environment])
    return [
        (each.key, f"{each.name}, {free_in(each, environment, places):g} % free in {environment.name}")
        for each in groups
    ]


class MetricForm(PageForm):
    name = forms.CharField(max_length=200, help_text="As in “Orders paid”.")
    key = key_field("Key", of="name", help_text="Its address, for good.")
    kind = forms.ChoiceField(label="What is measured of each person", choices=Metric.Kind.choices)
    event = forms.CharField(
        max_length=200,
        widget=forms.TextInput({"class": "mono"}),
        help_text="The name under which applications tell of it, as in “purchase”.",
    )
    denominator_event = forms.CharField(
        required=False,
        max_length=200,
        label="By which other event",
        widget=forms.TextInput({"class": "mono"}),
        help_text="Of a ratio: what the event is divided by.",
    )
    quantile = forms.FloatField(
        required=False,
        min_value=0.5,
        max_value=0.99,
        help_text="Of a quantile: 0.5 is the median, 0.95 the slowest twentieth.",
    )
    goal = forms.ChoiceField(label="Better is", choices=[("increase", "More of it"), ("decrease", "Less of it")])
    cap = forms.FloatField(
        required=False,
        label="Count at most",
        help_text="Of one person, so that a single one cannot decide. Of means and ratios.",
    )
    window_hours = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=24 * 365,
        label="Hours after the first exposure",
        help_text="What comes later does not count; empty: until the experiment stops.",
    )
    description = prose()
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    comment = comment_field()

    def body(self, given: Mapping[str, Any]) -> Body:
        return {name: value for name, value in given.items() if name not in ("key", "version", "comment")}


class GroupForm(PageForm):
    name = forms.CharField(max_length=200, help_text="As in “Whatever changes the checkout”.")
    key = key_field("Key", of="name", help_text="Its address, for good.")
    holdout = per_cent(
        "Held out of all of them, in per cent",
        initial=0,
        help_text="These people meet none of the group's experiments, so that you see what all together changed.",
    )
    description = prose()
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    comment = comment_field()

    def body(self, given: Mapping[str, Any]) -> Body:
        return {name: given[name] for name in ("name", "holdout", "description")}
