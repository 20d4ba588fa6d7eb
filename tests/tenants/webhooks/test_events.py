"""The types of events are the verbs of the audit log, and the page of the documentation has all of them."""

import re
from pathlib import Path

from tenants.roles import LOWEST_ROLE
from tenants.webhooks.events import ANNOUNCED, EVENT_TYPES, TYPES

ROOT = Path(__file__).resolve().parents[3]
# What is said in code of things that webhooks tell of, and is no event: a test, a replay, what founds an organization or ends it,
# what a service asks leave for that stands in no role, that all of an installation began again from a backup, names of spans.
UNTOLD = {
    "webhook.tested",
    "webhook.replayed",
    "organization.created",
    "invitation.accept",
    "organization.create",
    "organization.set_limits",
    "audit.ended",
    "environment.restored",
    "flag.unarchive",
    "flag.undelete",
    "segment.undelete",
}


def test_every_verb_of_the_code_can_be_heard_of() -> None:
    verb = re.compile(rf'"((?:{"|".join(TYPES)})\.[a-z_]+)"')
    files = [
        path for app in ("tenants", "flags") for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
    ]
    said = {name for path in files for name in verb.findall(path.read_text())}

    assert said - LOWEST_ROLE.keys() - UNTOLD <= set(EVENT_TYPES)


def test_what_is_announced_is_a_type() -> None:
    assert set(EVENT_TYPES) >= ANNOUNCED
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES))


def test_the_page_has_every_type_and_no_other() -> None:
    table = (ROOT / "docs/webhooks.md").read_text().partition("| about | types |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)

    assert {thing: tuple(re.findall(r"`(\w+)`", said)) for thing, said in rows} == TYPES
