"""Audit events as people read them: a sentence, what changed, and where the thing is now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from tenants.actors import Actor
from tenants.differences import Difference, differences
from tenants.models import AuditEvent, Environment, Project, User

# Verbs that do not read as "somebody <verb> the <thing>".
WORDS = {
    "member.added": "added a member to",
    "member.role_set": "set a role on",
    "member.role_withdrawn": "took away a role on",
    "member.removed": "removed a member from",
    "api_key.leak_reported": "reported a leak of the key",
    "organization.leak_policy_set": "set what becomes of leaked keys in",
    "organization.limits_set": "set the limits of",
    "team.role_set": "set a role of a team on",
    "team.role_withdrawn": "took away a role of a team on",
    "team.member_added": "let somebody into the team",
    "team.member_removed": "took somebody out of the team",
    "organization.handed_over": "handed over",
    "user.deleted": "deleted the account of",
    "invitation.created": "invited",
    "organization.mfa_policy_set": "decided about second factors in",
    "audit.person_erased": "erased a person from",
    "audit.purged": "removed the oldest events of",
    "audit.head_broken": "found a forged end of",
    "invitation.accepted": "accepted the invitation of",
    "invitation.revoked": "revoked an invitation to",
    "project.imported": "brought a file into",
}
# The sentence says it already, or it changes with every save.
UNTOLD = {"user", "team", "from", "leaves", "version", "updated_at", "updated_by", "created_at", "id"}
# The members of documents that name a person.
PEOPLE = ("user", "owner")
KINDS = {"apikey": "the key", "flagconfig": "", "invitation": "", "customrole": "the role"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """`whom` is the person that the event is about, if it is; `address` is "" where the thing is no more, or has no page."""

    event: AuditEvent
    words: str
    kind: str
    whom: str
    address: str
    environment: Environment | None
    changes: Sequence[Difference]


def sentences_of(actor: Actor, events: Sequence[AuditEvent]) -> list[Sentence]:
    """Three queries more than the events took, however many they are."""
    projects = _by_id(Project.objects.visible_to(actor).select_related("organization"), events, "project_id")
    environments = _by_id(Environment.objects.visible_to(actor), events, "environment_id")
    names = _names(events)
    return [
        Sentence(
            event=event,
            words=WORDS.get(event.verb, event.verb.partition(".")[2].replace("_", " ")),
            kind=KINDS.get(event.object_type, f"the {event.object_type}") if event.verb not in WORDS else "",
            whom=_whom(event, names),
            address=_address(event, projects.get(event.project_id), environments.get(event.environment_id)),
            environment=environments.get(event.environment_id),
            changes=[one for one in differences(event.before, event.after, names) if one.path not in UNTOLD],
        )
        for event in events
    ]


def _whom(event: AuditEvent, names: dict[str, str]) -> str:
    """The person or the team that it is about; "" for neither."""
    document = event.after or event.before or {}
    return names.get(document.get("user", ""), "") or str(document.get("team", ""))


def _by_id(rows: Any, events: Iterable[AuditEvent], column: str) -> dict[str, Any]:
    found: dict[str, Any] = rows.in_bulk({getattr(event, column) for event in events} - {""})
    return found


def _names(events: Iterable[AuditEvent]) -> dict[str, str]:
    """Of the people whom the events name by their ids, deleted ones too; never of an id that somebody typed."""
    documents = [document for event in events for document in (event.before, event.after) if document]
    ids = {document[member] for document in documents for member in PEOPLE if document.get(member)}
    return {user_id: str(user) for user_id, user in User.with_deleted.in_bulk(ids).items()}


def _address(event: AuditEvent, project: Project | None, environment: Environment | None) -> str:
    """Where its page lies, by its kind: that of the thing in the management API, without `/api/v1`."""
    if project is None:
        return ""
    here = reverse("tenants:project", args=[project.organization.slug, project.key])
    kind, name = event.object_type, event.object_name
    if kind == "flagconfig" and environment is not None:
        return f"{here}flags/{name.removesuffix(f' in {environment.key}')}/environments/{environment.key}/"
    if kind in ("flag", "segment"):
        return f"{here}{kind}s/{name}/"
    if kind == "environment" and environment is not None:
        return f"{here}environments/{environment.key}/"
    return {"project": here, "apikey": f"{here}keys/"}.get(kind, "")
