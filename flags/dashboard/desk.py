"""One flag in one environment, as it lies before somebody: what is saved, what they typed, and what they may do."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cached_property

from django.urls import reverse

from flags import documents, references, selectors
from flags.dashboard import words
from flags.dashboard.drafts import Draft, State, StateForm, form_of, merged, operate, place, type_into
from flags.dashboard.review import Review
from flags.knowledge import Knowledge, known_in
from flags.language import Parsed, TextFault, parse_rules, print_rules
from flags.models import Flag, FlagConfig
from flags.watching.watchers import Watching, watching
from tenants.actors import Actor
from tenants.models import Environment
from tenants.permissions import NotAllowed, allowed, require

# As many keys are offered while somebody types; any other can be typed as well.
OFFERED = 200


class Desk:
    """Asked by doors and templates; each question costs its queries once, and only where it is asked."""

    def __init__(self, actor: Actor, flag: Flag, environment: Environment, typed: Mapping[str, str] | None) -> None:
        """`typed` is the form as it was sent, or None: then the draft is what is saved."""
        self.actor, self.flag, self.environment = actor, flag, environment
        self.variants: Sequence[str] = list(flag.variants)
        self.where = f"{flag.pk} in {environment.pk}"
        typed = typed or {}
        self.draft = Draft.opened(typed.get("draft"), self.where) or self.fresh
        self.comment = typed.get("comment", "")
        self.text = typed.get("text")
        self.parsed: Parsed | None = None
        # What a service refused that belongs to no input.
        self.refusals: list[str] = []
        # Whether what is wrong stands at its inputs: not while somebody is still filling them in.
        self.is_blamed = False
        # Whether the session ended over the draft, and it came back.
        self.was_away = False
        if self.text is None:
            type_into(form_of(self.state, self.variants).inputs(), typed)
        else:
            self._read(self.text)

    def _read(self, text: str) -> None:
        self.parsed = parse_rules(text, variants=self.variants)
        if self.parsed.body is not None:
            enabled = {"enabled": self.state["enabled"]}
            self.draft = Draft(self.draft.version, documents.default_state(self.flag) | self.parsed.body | enabled)

    @cached_property
    def watching(self) -> Watching | None:
        """How whoever looks stands to the flag; None where no person looks."""
        return watching(self.flag, self.actor.user) if self.actor.user is not None else None

    # What is saved

    @cached_property
    def configs(self) -> dict[str, FlagConfig]:
        """The state in every environment that the actor sees, by the environment's key and in their order."""
        return states_of(self.flag, self.actor)

    @property
    def config(self) -> FlagConfig:
        return self.configs[self.environment.key]

    @property
    def fresh(self) -> Draft:
        return Draft(self.config.version, deepcopy(documents.config_body(self.config)))

    @property
    def is_behind(self) -> bool:
        """Whether somebody saved since the draft began."""
        return self.config.version != self.draft.version

    @cached_property
    def base(self) -> FlagConfig:
        """What the draft began from."""
        if not self.is_behind:
            return self.config
        found = selectors.find_version(self.flag, self.environment, self.draft.version)
        return at_home(found, self.flag, self.environment) if found is not None else self.config

    @cached_property
    def killed_by(self) -> str:
        """Who pressed the kill switch; later versions keep its moment, so the first that has it is theirs."""
        rows = selectors.versions_of(self.flag, self.environment).filter(killed_at=self.config.killed_at)
        return rows.last().updated_by_name or "the system"

    @property
    def theirs(self) -> list[words.Change]:
        """What was saved since the draft began."""
        return words.changes(documents.config_body(self.base), documents.config_body(self.config))

    # What is typed

    def do(self, verb: str) -> None:
        """What a button of the form asks for; one that nobody knows does nothing."""
        if verb == "as_text":
            self._show_text()
        elif verb == "as_form" and not self.text_faults:
            self.text = self.parsed = None
        elif verb == "mine" and not self.text_faults:
            self.put_mine_over_theirs()
            self.text = print_rules(self.state) if self.text is not None else None
        elif self.text is None:
            operate(self.state, verb, self.variants)
            self.forget("review", "form")

    def _show_text(self) -> None:
        if self.review.refusals:
            self.is_blamed = True
            self.refusals.append("Put right what is marked first: only what is sound can be shown as text.")
        else:
            self.text = print_rules(self.state)

    def put_mine_over_theirs(self) -> None:
        """The draft goes on from what is saved now, with all that it changed; a text that cannot be read stays as it is."""
        mine = merged(documents.config_body(self.base), self.state, documents.config_body(self.config))
        self.draft = Draft(self.config.version, mine)
        self.forget("base", "review", "form")

    def look_again(self) -> None:
        """After something was saved, or may have been."""
        self.forget("configs", "base", "review", "form")

    def forget(self, *answers: str) -> None:
        for name in answers:
            self.__dict__.pop(name, None)

    def address(self, route: str) -> str:
        project = self.flag.project
        return reverse(route, args=[project.organization.slug, project.key, self.flag.key, self.environment.key])

    @property
    def state(self) -> State:
        return self.draft.state

    @property
    def sealed(self) -> str:
        return self.draft.sealed(self.where)

    @cached_property
    def review(self) -> Review:
        return Review(self.base, self.state)

    @property
    def is_edited(self) -> bool:
        return bool(self.text_faults) or self.review.is_edited

    @property
    def text_faults(self) -> tuple[TextFault, ...]:
        if self.parsed is None:
            return ()
        return self.parsed.faults or self.parsed.located(self.review.faults)

    @cached_property
    def form(self) -> StateForm:
        form = form_of(self.state, self.variants)
        if self.is_blamed:
            place(self.review.faults, form.inputs())
        return form

    # What one may do, and what is offered

    @property
    def attributes(self) -> list[str]:
        """Those that the draft asks for already, and those that contexts have."""
        named = {each.text for each in self.form.inputs() if each.name.endswith(".attribute")}
        return sorted(named.union(self.known) - {"", "now", "targetingKey"})

    @cached_property
    def known(self) -> Knowledge:
        return known_in(self.environment)

    @property
    def off_options(self) -> list[str]:
        """ "" is the code's own default."""
        return list(dict.fromkeys(["", *self.variants, self.form.off.text]))

    @property
    def other_environments(self) -> list[str]:
        return [key for key in self.configs if key != self.environment.key]

    @cached_property
    def may(self) -> dict[str, bool]:
        verbs = ("configure", "toggle", "kill", "roll_back", "edit")
        return {verb: allowed(self.actor, f"flag.{verb}", self.config) for verb in verbs}

    @property
    def is_locked(self) -> bool:
        return self.flag.archived_at is not None or not self.may["configure"]

    @property
    def reason(self) -> str:
        """Why the form is locked, as the service would say it."""
        try:
            require(self.actor, "flag.configure", self.config)
        except NotAllowed as refusal:
            return str(refusal)
        return f"{self.flag.key} is archived: it is not evaluated. Unarchive it to change it."

    @cached_property
    def segments(self) -> list[str]:
        found = selectors.segments_of(self.flag.project, self.actor)
        return list(found.values_list("key", flat=True)[:OFFERED])

    @cached_property
    def other_flags(self) -> list[str]:
        found = selectors.flags_of(self.flag.project, self.actor).exclude(pk=self.flag.pk)
        return list(found.values_list("key", flat=True)[:OFFERED])

    @cached_property
    def needed_by(self) -> list[str]:
        """The flags that ask for this one here."""
        naming = references.configs_naming(self.flag.project, "flag", self.flag.key, environment=self.environment)
        return [config.flag.key for config in naming]


def states_of(flag: Flag, actor: Actor) -> dict[str, FlagConfig]:
    """In two queries: the flag's state in every environment that the actor sees, by the environment's key, in their order."""
    rows = {config.environment_id: config for config in FlagConfig.objects.filter(flag=flag)}
    environments = Environment.objects.visible_to(actor).filter(project=flag.project_id)
    return {
        environment.key: at_home(rows.get(environment.pk) or selectors.untouched(flag, environment), flag, environment)
        for environment in environments
    }


def at_home(config: FlagConfig, flag: Flag, environment: Environment) -> FlagConfig:
    """With what the caller holds already, so that nobody fetches it again."""
    config.flag, config.environment = flag, environment
    return config
