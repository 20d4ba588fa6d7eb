"""What one types about a guardrail: errors in per cent, or a query to Prometheus."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms

from analytics.guardrails.checking import LONGEST_TOKEN
from analytics.guardrails.services import TOLD
from analytics.models import Guardrail, Metric
from flags.models import Flag
from tenants.dashboard.forms import PageForm, comment_field

NO_CONTROL = "Nothing: a fixed share"


def share_field(label: str, **options: Any) -> forms.FloatField:
    """In per cent, as people write a share."""
    return forms.FloatField(
        label=label, widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}), **options
    )


class Common(PageForm):
    source: ClassVar[str] = ""
    name = forms.CharField(max_length=100, help_text="What it keeps watch over, as in “Checkout fails”.")
    action = forms.ChoiceField(label="When it is breached", choices=Guardrail.Action.choices)
    is_dry_run = forms.BooleanField(
        required=False, label="Dry run", help_text="It says what it would have done, and does nothing."
    )
    recipients = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Who gets a mail",
        help_text="As far as they may see it.",
    )
    comment = comment_field()

    def __init__(self, *args: Any, flag: Flag, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        recipients: Any = self.fields["recipients"]
        known = {value for value, _ in people}
        gone = [(one, "somebody who left") for one in self.initial.get("recipients", []) if one not in known]
        recipients.choices = [*people, *gone]


class OfShares(Common):
    """The shares are in per cent here, and parts of 1 everywhere else."""

    variant = forms.ChoiceField()
    from_clients = forms.BooleanField(
        required=False,
        label="Browsers count too",
        help_text="Client keys are public: whoever has one could break this budget.",
    )

    def __init__(self, *args: Any, flag: Flag, **kwargs: Any) -> None:
        super().__init__(*args, flag=flag, **kwargs)
        self._offer("variant", [(name, name) for name in flag.variants])

    def _offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        shares = {name: round(given[name] / 100, 12) for name in ("budget", "alpha") if given.get(name) is not None}
        return {**given, **shares, "source": self.source}


class OfErrors(OfShares):
    source: ClassVar[str] = Guardrail.Source.ERRORS
    variant = forms.ChoiceField(help_text="Whose requests are counted, as applications report how they ended.")
    control = forms.ChoiceField(required=False, label="Compared with", help_text="A variant that serves beside it.")
    budget = share_field(
        "Budget in %", help_text="Of requests that may fail; compared with a variant, how much more often than there."
    )
    alpha = share_field(
        "Wrong alarms in %", initial=1, help_text="Of watches over a healthy variant, at most, however long each is."
    )
    min_sample = forms.IntegerField(label="Smallest sample", min_value=1, max_value=2**31 - 1, initial=50)
    field_order = [
        "name",
        "variant",
        "control",
        "budget",
        "alpha",
        "min_sample",
        "from_clients",
        "action",
        "is_dry_run",
    ]

    def __init__(self, *args: Any, flag: Flag, **kwargs: Any) -> None:
        super().__init__(*args, flag=flag, **kwargs)
        self._offer("control", [("", NO_CONTROL), *((name, name) for name in flag.variants)])


class OfMetric(OfShares):
    source: ClassVar[str] = Guardrail.Source.METRIC
    metric = forms.ChoiceField(help_text="Of the experiment that runs over this flag here, beside its control.")
    budget = share_field("At most worse by %", initial=0, help_text="Of what it is with the control.")
    alpha = share_field("Wrong alarms in %", initial=1, help_text="Of watches over a healthy variant, at most.")
    min_sample = forms.IntegerField(
        label="Smallest sample",
        min_value=1,
        max_value=2**31 - 1,
        initial=100,
        help_text="Subjects of each; at least 100.",
    )
    field_order = ["name", "metric", "variant", "budget", "alpha", "min_sample", "from_clients", "action", "is_dry_run"]

    def __init__(self, *args: Any, flag: Flag, **kwargs: Any) -> None:
        super().__init__(*args, flag=flag, **kwargs)
        metrics = Metric.objects.filter(project=flag.project_id).order_by("key")
        self._offer("metric", metrics.values_list("key", "name"))


class OfPrometheus(Common):
    source: ClassVar[str] = Guardrail.Source.PROMETHEUS
    url = forms.CharField(
        max_length=2000,
        label="Address",
        widget=forms.URLInput(attrs={"placeholder": "https://prometheus.example.com"}),
        help_text="Of the server whose /api/v1/query is asked.",
    )
    token = forms.CharField(
        required=False,
        max_length=LONGEST_TOKEN,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Sent as Authorization: Bearer. Nothing shows it again; left empty it stays as it is, "
        "and is forgotten where the address leads to another server.",
    )
    query = forms.CharField(
        max_length=2000,
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        help_text="Of one value.",
    )
    is_above = forms.TypedChoiceField(
        label="Breaks when",
        coerce=lambda text: text == "above",
        choices=[("above", "the value is above"), ("below", "the value is below")],
    )
    budget = forms.FloatField(label="Limit", widget=forms.NumberInput(attrs={"step": "any"}))
    samples = forms.IntegerField(
        label="In a row", min_value=1, max_value=100, initial=3, help_text="One answer comes every 15 seconds."
    )
    field_order = ["name", "url", "token", "query", "is_above", "budget", "samples", "action", "is_dry_run"]

    def clean(self) -> dict[str, Any]:
        """Without a new token it keeps the one that it has, while it asks the same server."""
        given = super().clean() or self.cleaned_data
        token = given.pop("token", "")
        return {**given, "source": self.source} | ({"token": token} if token else {})


FORMS: Mapping[str, type[Common]] = {form.source: form for form in (OfErrors, OfMetric, OfPrometheus)}


def initial_of(guardrail: Guardrail) -> dict[str, Any]:
    now = {name: getattr(guardrail, name) for name in TOLD}
    if guardrail.source != Guardrail.Source.PROMETHEUS:
        now |= {name: float(f"{100 * now[name]:.12g}") for name in ("budget", "alpha")}
    side = "above" if guardrail.is_above else "below"
    return now | {"is_above": side}
