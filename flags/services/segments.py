"""Changing the named groups of people that rules refer to."""

from typing import Any

from django.db import transaction

from flags import documents, prerequisites, references, selectors
from flags.models import Segment
from flags.services.saving import Saved, assign, check_version, environments_of, keep, require_in_each, version_of
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import bring_back, check, hide, locked, locked_deleted, refuse_taken
from tenants.limits import refuse_one_more
from tenants.models import Project
from tenants.permissions import require
from tenants.problems import Conflict, Invalid
from tenants.tracing import traced


@traced("segment.create")
def create_segment(project: Project, body: object, *, actor: Actor, comment: str = "") -> Saved[Segment]:
    require(actor, "segment.create", project)
    fields = documents.parse_segment(body)
    with transaction.atomic():
        project = locked(project)
        refuse_taken(Segment.with_deleted.filter(project=project, key__iexact=fields["key"]).first(), fields["key"])
        refuse_one_more(project, "segments_per_project")
        prerequisites.check_segment(project, fields["key"], fields["rules"])
        segment = Segment(organization=project.organization, project=project, **fields)
        keep(segment, (), actor, comment)
        _announce(segment, "segment.created", actor, None, comment)
    return Saved(segment)


def edit_segment(
    segment: Segment, changes: object, *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Segment]:
    """Change what the partial body names, in all environments at once; a change of nothing writes nothing."""
    return _edit(segment, changes, topic="segment.edited", version=version, actor=actor, comment=comment)


def roll_back_segment(
    segment: Segment, *, to_version: int, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Segment]:
    """Save what an earlier version said as a new one, checked against the segments of today."""
    require(actor, "segment.edit", segment)
    then = version_of(segment, to_version)
    body = {"name": then.name} | documents.membership_of(then)
    comment = comment or f"rolled back to version {to_version}"
    return _edit(segment, body, topic="segment.rolled_back", version=version, actor=actor, comment=comment)


@traced("segment.edit")
def _edit(
    segment: Segment, changes: object, *, topic: str, version: int | None, actor: Actor, comment: str
) -> Saved[Segment]:
    require(actor, "segment.edit", segment)
    with transaction.atomic():
        segment = _locked_segment(segment, version)
        before = documents.segment_document(segment)
        changed = assign(segment, documents.parse_segment_changes(segment, changes))
        if not changed:
            return Saved(segment, changed=False)
        if changed != ["name"]:
            require_in_each(actor, "segment.edit", references.depending_on(segment))
        prerequisites.check_segment(segment.project, segment.key, segment.rules)
        keep(segment, changed, actor, comment)
        _announce(segment, topic, actor, before, comment)
    return Saved(segment)


def put_segment(
    project: Project, body: dict[str, Any], *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Segment]:
    """Create the segment of this key, or edit it so that members left out are empty."""
    segment = selectors.with_key(Segment.objects, project, body.get("key")).first()
    if segment is None:
        return create_segment(project, body, actor=actor, comment=comment)
    return edit_segment(segment, documents.SEGMENT_DEFAULTS | body, version=version, actor=actor, comment=comment)


@traced("segment.delete")
def delete_segment(segment: Segment, *, version: int | None = None, actor: Actor, comment: str = "") -> None:
    """Hide the segment; refused while a flag or another segment refers to it."""
    require(actor, "segment.delete", segment)
    check(None, comment)
    with transaction.atomic():
        segment = _locked_segment(segment, version)
        _refuse_while_used(segment)
        hide(segment, actor=actor, comment=comment)
        _announce(segment, "segment.deleted", actor, documents.segment_document(segment), comment)


@traced("segment.undelete")
def undelete_segment(segment: Segment, *, actor: Actor, comment: str = "") -> Saved[Segment]:
    """Bring a deleted segment back as it was; a living one is left as it is."""
    require(actor, "segment.delete", segment)
    check(None, comment)
    with transaction.atomic():
        project = locked(segment.project)
        segment = locked_deleted(segment)
        if segment.deleted_at is None:
            return Saved(segment, changed=False)
        refuse_one_more(project, "segments_per_project")
        _recheck(project, segment)
        bring_back(segment, retention_days=project.organization.retention_days, actor=actor, comment=comment)
        _announce(segment, "segment.undeleted", actor, None, comment)
    return Saved(segment)


def _locked_segment(segment: Segment, version: int | None) -> Segment:
    """The segment as it is now, after its project: nobody refers to it anew meanwhile."""
    locked(segment.project)
    segment = locked(segment)
    check_version(segment, version)
    return segment


def _recheck(project: Project, segment: Segment) -> None:
    """What a returning segment refers to may have gone meanwhile."""
    try:
        prerequisites.check_segment(project, segment.key, segment.rules)
    except Invalid as error:
        raise Conflict(f"{segment.key} cannot come back: {error}") from None


def _announce(segment: Segment, topic: str, actor: Actor, before: Any, comment: str) -> None:
    audit.record(actor, topic, segment, before, documents.segment_document(segment), comment=comment)
    payload = {"key": segment.key, "version": segment.version}
    outbox.put_everywhere(topic, environments_of(segment.project), payload)


def _refuse_while_used(segment: Segment) -> None:
    configs = references.configs_naming(segment.project, "segment", segment.key)
    served = [config for config in configs if references.is_served(config.flag)]
    users = [references.places(served)] if served else []
    users += [f"the segment {other.key}" for other in references.segments_naming(segment.project, segment.key)]
    if users:
        raise Conflict(f"{segment.key} cannot be deleted: it is used by {', '.join(users)}.")
