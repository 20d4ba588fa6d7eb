"""The questions that actions on flags and their states ask: where, how many per cent, which version."""

from collections.abc import Iterable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from flags import documents
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.admin.actions import AskForm
from tenants.admin.forms import choice_field
from tenants.models import Environment
from tenants.permissions import allowed
from tenants.problems import Conflict

FALLTHROUGH = ""


class WhereForm(AskForm):
    """In which environment of the flags' projects; only those where the actor may."""

    verb = "flag.toggle"
    environment = choice_field()

    def prepare(self) -> None:
        projects = {thing.project_id for thing in self.things}
        found = environments_for(self.actor, projects, self.verb)
        choices = {environment.key: _label(environment) for environment in found}
        # Nothing is chosen beforehand: nobody shall turn something off in the wrong place by not looking.
        self.fields["environment"].choices = [("", "Choose one"), *choices.items()]  # type: ignore[attr-defined]  # a choice_field


class WhereToKillForm(WhereForm):
    verb = "flag.kill"


def environments_for(actor: Actor, projects: Iterable[str], verb: str) -> list[Environment]:
    found = Environment.objects.visible_to(actor).filter(project__in=projects).order_by("position", "id")
    return [environment for environment in found if allowed(actor, verb, environment)]


def environment_of(flag: Flag, actor: Actor, key: str) -> Environment:
    """The environment of this key in the flag's own project, since the flags of an action may lie in several."""
    found: Environment | None = Environment.objects.visible_to(actor).filter(project=flag.project_id, key=key).first()
    if found is None:
        raise Conflict(f'{flag.project} has no environment "{key}".')
    return found


def _label(environment: Environment) -> str:
    return f"{environment.name} (protected)" if environment.is_protected else environment.name


class VersionedForm(AskForm):
    """Remembers the version that was looked at, so that what somebody else saves meanwhile is not lost."""

    version = forms.IntegerField(widget=forms.HiddenInput())

    def prepare(self) -> None:
        self.config: FlagConfig = self.things[0]
        self.fields["version"].initial = self.config.version


class RolloutForm(VersionedForm):
    """Per cent for each variant, of one rule or of everybody whom no rule matches."""

    rule = choice_field(required=False, label="For whom", help_text="The people who get the split.")

    def prepare(self) -> None:
        super().prepare()
        names = [(rule["id"], f"Rule {rule['id']}: {rule.get('name') or 'unnamed'}") for rule in self.config.rules]
        self.fields["rule"].choices = [(FALLTHROUGH, "Everybody whom no rule matches"), *names]  # type: ignore[attr-defined]  # a choice_field
        now = documents.splits_of(self.config).get(None, {}).get("weights", {})
        for variant in self.config.flag.variants:
            self.fields[f"weight_{variant}"] = forms.FloatField(
                label=f"{variant}, per cent",
                initial=now.get(variant, 0),
                min_value=0,
                max_value=100,
                widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "0.001", "inputmode": "decimal"}),
            )

    def clean(self) -> dict[str, Any]:
        variants = self.config.flag.variants
        weights = {variant: self.cleaned_data.get(f"weight_{variant}") for variant in variants}
        if None not in weights.values():
            self.cleaned_data["weights"] = {variant: _whole(weight) for variant, weight in weights.items()}
        return self.cleaned_data


def _whole(number: float | None) -> float:
    """25 rather than 25.0, as people write it."""
    return int(number) if number is not None and number.is_integer() else number or 0


class RollBackForm(VersionedForm):
    to_version = choice_field(label="Version to go back to")

    def prepare(self) -> None:
        super().prepare()
        rows = FlagConfig.history.filter(flag_id=self.config.flag_id, environment_id=self.config.environment_id)
        earlier = rows.exclude(version=self.config.version).order_by("-version")[:100]
        told = earlier.values_list("version", "history_date", "updated_by_name", "history_change_reason")
        self.fields["to_version"].choices = [(row[0], _told(*row)) for row in told]  # type: ignore[attr-defined]  # a choice_field


def _told(version: int, at: Any, by: str, why: str | None) -> str:
    return f"{version}: {at:%Y-%m-%d %H:%M}{f' by {by}' if by else ''}{f', “{why[:60]}”' if why else ''}"
