"""What the buttons of the page do to its setup: contexts and drafts come and go."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from evaluation.dashboard.playground.page import Ground
from evaluation.dashboard.playground.setup import MOST_CONTEXTS, MOST_DRAFTS, Setup, TypedContext, TypedDraft
from flags.dashboard.demo import find_demo_project
from flags.dashboard.visitors import VISITORS, Visitor
from flags.documents import config_body
from flags.language import print_rules
from flags.models import FlagConfig
from flags.selectors import find_flag, state_of
from tenants.models import Project

STARTERS = (
    TypedContext("Somebody", '{\n  "targetingKey": "user-1",\n  "country": "IN"\n}'),
    TypedContext("Anonymous", "{}"),
)
# What the demo opens with, and the cell whose steps it tells first.
DEMO_CONTEXTS = ("ravi", "priya", "karl", "sam")
DEMO_CELL = "production/0/new-checkout"


def visitors_for(project: Project) -> Sequence[Visitor]:
    """The people of the demo shop, on its own project alone."""
    return VISITORS if find_demo_project() == project else ()


def begun(setup: Setup, visitors: Sequence[Visitor]) -> Setup:
    """The setup with contexts to begin with, where nobody typed any yet."""
    if setup.contexts is not None:
        return setup
    named = {visitor.key: typed_visitor(visitor) for visitor in visitors}
    if not named:
        return replace(setup, contexts=STARTERS)
    return replace(setup, contexts=tuple(named[key] for key in DEMO_CONTEXTS), cell=setup.cell or DEMO_CELL)


def typed_visitor(visitor: Visitor) -> TypedContext:
    members = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in visitor.context.items()]
    return TypedContext(visitor.name, "{\n" + ",\n".join(members) + "\n}")


def changed(setup: Setup, do: str, ground: Ground) -> Setup:
    """The setup after a button was pressed; one that means nothing changes nothing."""
    verb, _, what = do.partition(" ")
    change = CHANGES.get(verb)
    return change(setup, what, ground) if change else setup


def place_of(do: str, setup: Setup) -> str:
    """The fragment of the address at which the thing stands that a button has added."""
    verb = do.partition(" ")[0]
    if verb == "add-context" and setup.contexts:
        return f"#context-{len(setup.contexts) - 1}"
    return f"#draft-{len(setup.drafts) - 1}" if verb == "add-draft" and setup.drafts else ""


def _add_context(setup: Setup, what: str, ground: Ground) -> Setup:
    added = [typed_visitor(visitor) for visitor in ground.visitors if visitor.key == what]
    contexts = (*(setup.contexts or ()), *(added or [TypedContext("", "{}")]))
    return replace(setup, contexts=contexts[:MOST_CONTEXTS])


def _drop_context(setup: Setup, what: str, ground: Ground) -> Setup:
    contexts = tuple(each for index, each in enumerate(setup.contexts or ()) if str(index) != what)
    return replace(setup, contexts=contexts, cell="")


def _add_draft(setup: Setup, what: str, ground: Ground) -> Setup:
    """`what` is `<environment>/<flag>`: the draft begins with what is saved there; one that is there comes last."""
    place, _, key = what.partition("/")
    environment = next((each for each in ground.environments if each.key == place), None)
    flag = find_flag(ground.project, key, ground.actor)
    if environment is None or flag is None:
        return setup
    others = [draft for draft in setup.drafts if (draft.flag, draft.environment) != (key, place)]
    known = [draft for draft in setup.drafts if draft not in others]
    drafts = (*others[: MOST_DRAFTS - 1], *(known or [TypedDraft(key, place, _as_text(state_of(flag, environment)))]))
    return replace(setup, drafts=drafts)


def _drop_draft(setup: Setup, what: str, ground: Ground) -> Setup:
    drafts = tuple(each for index, each in enumerate(setup.drafts) if str(index) != what)
    return replace(setup, drafts=drafts)


def _as_text(config: FlagConfig) -> str:
    """The state as rules; as JSON where the flag is off, since rules do not say that it is on."""
    body = config_body(config)
    return print_rules(body) if config.enabled else json.dumps(body, indent=2, ensure_ascii=False)


Change = Callable[[Setup, str, Ground], Setup]
CHANGES: dict[str, Change] = {
    "add-context": _add_context,
    "drop-context": _drop_context,
    "add-draft": _add_draft,
    "drop-draft": _drop_draft,
}
