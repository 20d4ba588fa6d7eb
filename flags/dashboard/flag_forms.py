"""Forms about everything of a flag that is the same in all environments."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q

from flags.dashboard import variants
from flags.dashboard.versions import VersionedForm
from flags.fields import JsonField
from flags.models import Flag
from tenants.actors import Actor
from tenants.dashboard.forms import PageForm, WordsField, comment_field
from tenants.models import Membership, Project, User

TYPES = [(each, "JSON" if each == Flag.ValueType.JSON else each.capitalize()) for each in Flag.ValueType.values]
MEANINGS = {
    Flag.Kind.RELEASE: "Brings a feature out, then goes away.",
    Flag.Kind.EXPERIMENT: "Compares variants, then goes away.",
    Flag.Kind.OPERATIONAL: "Turns a knob while something is going on.",
    Flag.Kind.KILL_SWITCH: "Turns a part of the system off in an emergency.",
    Flag.Kind.PERMISSION: "Says who may use what they pay for.",
}
VISIBLE = (
    "Browsers and phones may ask for it with a client key. When off, client keys get FLAG_NOT_FOUND, as for a flag that "
    "is not there; server keys still get its value."
)


def kinds() -> list[tuple[str, str]]:
    return [(kind, f"{kind}: {MEANINGS[Flag.Kind(kind)]} {lifetime_of(kind)}") for kind in Flag.Kind.values]


def lifetime_of(kind: str) -> str:
    days = Flag.EXPECTED_DAYS[kind]
    return f"Expected to be gone after {days} days." if days else "It may stay for ever."


def possible_owners(project: Project, actor: Actor, flag: Flag | None) -> Any:
    """The members of the organization whom the actor may see; at least oneself, and whoever owns the flag now."""
    members: Any = Membership.objects.filter(organization_id=project.organization_id)
    seen = Q(memberships__in=members.visible_to(actor)) | Q(pk__in=[actor.id, flag.owner_id if flag else None])
    return User.objects.filter(seen, memberships__in=members).order_by("name", "email")


def lines(rows: int, **attributes: Any) -> forms.Textarea:
    return forms.Textarea({"rows": rows, **attributes})


class FlagForm(PageForm):
    """What may change at any time. `body` is the document that the services take."""

    name = forms.CharField(max_length=200)
    description = forms.CharField(required=False, max_length=10_000, widget=lines(2))
    variants = variants.VariantsField(required=False)
    kind = forms.ChoiceField(choices=kinds, widget=forms.RadioSelect)
    tags = WordsField(required=False, help_text="With commas between them.")
    owner = forms.ChoiceField(required=False, help_text="Who is asked when nobody knows what it is for.")
    is_permanent = forms.BooleanField(
        required=False, label="Permanent", help_text="It is not expected to go away, whatever its kind."
    )
    client_visible = forms.BooleanField(required=False, label="Visible to clients", help_text=VISIBLE)

    def __init__(self, *args: Any, project: Project, actor: Actor, flag: Flag | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.value_type = flag.value_type if flag else ""
        widget: Any = self.fields["variants"].widget
        widget.value_type = self.value_type
        people = possible_owners(project, actor, flag)
        owner: Any = self.fields["owner"]
        owner.choices = [("", "Nobody yet"), *((user.email, str(user)) for user in people)]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        value_type = given.get("type", self.value_type)
        try:
            given["variants"] = variants.document_of(given.get("variants", []), value_type)
        except forms.ValidationError as error:
            self.add_error("variants", error)
        return given

    @staticmethod
    def body(given: Mapping[str, Any]) -> dict[str, Any]:
        """A boolean flag may leave its variants out, and nobody may be its owner."""
        members = {name: value for name, value in given.items() if name not in ("comment", "version")}
        if not members["variants"]:
            del members["variants"]
        return members | {
            "owner": members["owner"] or None,
            "description": members["description"].replace("\r\n", "\n"),
        }


class NewFlag(FlagForm):
    key = forms.CharField(
        max_length=200,
        help_text="What the application asks for. It stays for ever.",
        widget=forms.TextInput({"class": "mono", "data-follows": "name", "spellcheck": "false", "autocomplete": "off"}),
    )
    type = forms.ChoiceField(choices=TYPES, widget=forms.RadioSelect, help_text="It stays for ever.")
    comment = comment_field()


class FlagSettings(FlagForm, VersionedForm):
    metadata = JsonField(
        empty={},
        widget=lines(3, **{"class": "mono", "data-json": ""}),
        help_text="A flat JSON object that is merged into every answer.",
    )
    json_schema = JsonField(
        label="JSON Schema",
        widget=lines(4, **{"class": "mono", "data-json": ""}),
        help_text="Every variant has to fit it.",
    )
    comment = comment_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.value_type != Flag.ValueType.JSON:
            del self.fields["json_schema"]
