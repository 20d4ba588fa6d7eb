"""Changing a flag as a whole: everything about it that is the same in all environments."""

from collections.abc import Iterable, Set
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from flags import documents, prerequisites, references, selectors, standing
from flags.models import Flag, FlagConfig
from flags.services.saving import Saved, assign, check_version, environments_of, keep, require_in_each, version_of
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import bring_back, check, hide, locked, locked_deleted, refuse_taken
from tenants.limits import refuse_one_more
from tenants.models import Project, User
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid
from tenants.tracing import traced

# What clients can tell by its change: it takes the right in each environment that uses the flag.
SERVED_FIELDS = frozenset({"variants", "salt", "client_visible", "metadata"})


@traced("flag.create")
def create_flag(project: Project, body: object, *, actor: Actor, comment: str = "") -> Saved[Flag]:
    """A new flag in every environment of the project, disabled everywhere."""
    require(actor, "flag.create", project)
    parsed = documents.parse_flag(body)
    with transaction.atomic():
        project = locked(project)
        key = parsed.fields["key"]
        refuse_taken(Flag.with_deleted.filter(project=project, key__iexact=key).first(), key)
        refuse_one_more(project, "flags_per_project")
        flag = Flag(organization=project.organization, project=project, **_with_owner(project, parsed.fields))
        keep(flag, (), actor, comment)
        _announce(flag, "flag.created", actor, None, comment)
    return Saved(flag, warnings=parsed.warnings)


def edit_flag(
    flag: Flag, changes: object, *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Flag]:
    """Change what the partial body names; a change of nothing writes nothing.

    Variants, salt, visibility and metadata need the right in each environment that uses the flag. A variant that some state
    or prerequisite names cannot go.
    """
    return _edit(flag, changes, verb="flag.edit", topic="flag.edited", version=version, actor=actor, comment=comment)


def roll_back_flag(
    flag: Flag, *, to_version: int, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Flag]:
    """Save what an earlier version said as a new one, checked against today's states, schemas and members.

    Whether it is archived stays as it is; so does the owner where the former one is no member any more.
    """
    require(actor, "flag.roll_back", flag)
    then = version_of(flag, to_version)
    owner = _members(flag.project).filter(pk=then.owner_id).first()
    stays = {"owner"} if then.owner_id is not None and owner is None else set()
    then.owner = owner
    return _edit(
        flag,
        {name: value for name, value in documents.written_members(then).items() if name not in stays},
        verb="flag.roll_back",
        topic="flag.rolled_back",
        version=version,
        actor=actor,
        comment=comment or f"rolled back to version {to_version}",
    )


@traced("flag.edit")
def _edit(
    flag: Flag, changes: object, *, verb: str, topic: str, version: int | None, actor: Actor, comment: str
) -> Saved[Flag]:
    require(actor, verb, flag)
    with transaction.atomic():
        flag = _locked_flag(flag, version)
        parsed = documents.parse_flag_changes(flag, changes)
        before = documents.flag_document(flag)
        configs = configs_of(flag)
        variants = flag.variants
        changed = assign(flag, _with_owner(flag.project, parsed.fields))
        if not changed:
            return Saved(flag, changed=False, warnings=parsed.warnings)
        if SERVED_FIELDS.intersection(changed):
            require_in_each(actor, verb, configs)
        _refuse_to_miss(variants.keys() - flag.variants.keys(), flag, configs)
        keep(flag, changed, actor, comment)
        _announce(flag, topic, actor, before, comment)
    return Saved(flag, warnings=parsed.warnings)


def put_flag(
    project: Project, body: dict[str, Any], *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Flag]:
    """Create the flag of this key, or edit it so that members left out have their defaults.

    Name, variants and salt that are left out stay: they have no default once a flag is made.
    """
    flag = selectors.with_key(Flag.objects, project, body.get("key")).first()
    if flag is None:
        return create_flag(project, body, actor=actor, comment=comment)
    return edit_flag(flag, documents.FLAG_DEFAULTS | body, version=version, actor=actor, comment=comment)


def keep_flag(flag: Flag, *, reason: str, version: int | None = None, actor: Actor) -> Saved[Flag]:
    """Mark the flag as one that stays, so that it is never stale. The reason is the comment of that version."""
    if not reason.strip():
        raise Invalid([Fault("reason", "say why it stays, for whoever asks in a year")])
    return edit_flag(flag, {"is_permanent": True}, version=version, actor=actor, comment=reason.strip())


def stop_keeping_flag(flag: Flag, *, version: int | None = None, actor: Actor, comment: str = "") -> Saved[Flag]:
    """It may become stale again, as any other."""
    return edit_flag(flag, {"is_permanent": False}, version=version, actor=actor, comment=comment)


@traced("flag.archive")
def archive_flag(flag: Flag, *, version: int | None = None, actor: Actor, comment: str = "") -> Saved[Flag]:
    """Stop evaluating the flag: clients get FLAG_NOT_FOUND. Nothing is lost; `unarchive_flag` brings all back."""
    require(actor, "flag.archive", flag)
    with transaction.atomic():
        flag = _locked_flag(flag, version)
        if flag.archived_at is not None:
            return Saved(flag, changed=False)
        _refuse_while_needed(flag, "archived")
        _set_archived(flag, timezone.now(), "flag.archived", actor, comment)
    return Saved(flag)


@traced("flag.unarchive")
def unarchive_flag(flag: Flag, *, version: int | None = None, actor: Actor, comment: str = "") -> Saved[Flag]:
    """Evaluate the flag again, as it was."""
    require(actor, "flag.archive", flag)
    with transaction.atomic():
        flag = _locked_flag(flag, version)
        if flag.archived_at is None:
            return Saved(flag, changed=False)
        _recheck_states(flag)
        _set_archived(flag, None, "flag.unarchived", actor, comment)
    return Saved(flag)


def _set_archived(flag: Flag, at: datetime | None, topic: str, actor: Actor, comment: str) -> None:
    require_in_each(actor, "flag.archive", configs_of(flag))
    before = documents.flag_document(flag)
    flag.archived_at = at
    keep(flag, ["archived_at"], actor, comment)
    _announce(flag, topic, actor, before, comment)


@traced("flag.delete")
def delete_flag(flag: Flag, *, version: int | None = None, actor: Actor, comment: str = "") -> None:
    """Hide the flag everywhere. Its key stays reserved, and `undelete_flag` brings all back within the retention."""
    require(actor, "flag.delete", flag)
    check(None, comment)
    with transaction.atomic():
        flag = _locked_flag(flag, version)
        _refuse_while_needed(flag, "deleted")
        require_in_each(actor, "flag.delete", configs_of(flag))
        hide(flag, actor=actor, comment=comment)
        _announce(flag, "flag.deleted", actor, documents.flag_document(flag), comment)


@traced("flag.undelete")
def undelete_flag(flag: Flag, *, actor: Actor, comment: str = "") -> Saved[Flag]:
    """Bring a deleted flag back as it was, archived if it was archived; a living one is left as it is."""
    require(actor, "flag.delete", flag)
    check(None, comment)
    with transaction.atomic():
        project = locked(flag.project)
        flag = locked_deleted(flag)
        if flag.deleted_at is None:
            return Saved(flag, changed=False)
        refuse_one_more(project, "flags_per_project")
        if flag.archived_at is None:
            _recheck_states(flag)
        require_in_each(actor, "flag.delete", configs_of(flag))
        bring_back(flag, retention_days=project.organization.retention_days, actor=actor, comment=comment)
        _announce(flag, "flag.undeleted", actor, None, comment)
    return Saved(flag)


def _locked_flag(flag: Flag, version: int | None) -> Flag:
    """The flag as it is now, after its project: nobody adds a reference to it, or takes one away, meanwhile."""
    locked(flag.project)
    flag = locked(flag)
    check_version(flag, version)
    return flag


def _announce(flag: Flag, topic: str, actor: Actor, before: Any, comment: str) -> None:
    audit.record(actor, topic, flag, before, documents.flag_document(flag), comment=comment)
    outbox.put_everywhere(topic, environments_of(flag.project), {"key": flag.key, "version": flag.version})


def configs_of(flag: Flag) -> list[FlagConfig]:
    """The states of a flag in the environments that use it: those where somebody ever changed it."""
    rows = FlagConfig.with_deleted.filter(flag=flag, environment__deleted_at__isnull=True)
    found = list(rows.select_related("environment").order_by("environment__position", "environment_id"))
    for config in found:
        config.flag = flag
    return found


def _with_owner(project: Project, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with the owner's e-mail address made a member of the organization."""
    if fields.get("owner") is None:
        return fields
    owner = _members(project).filter(email__iexact=fields["owner"]).first()
    if owner is None:
        raise Invalid([Fault("owner", f'there is no member "{fields["owner"]}" in this organization')])
    return fields | {"owner": owner}


def _members(project: Project) -> Any:
    return User.objects.filter(memberships__organization_id=project.organization_id)


def _refuse_while_needed(flag: Flag, what: standing.Going) -> None:
    """A flag that others wait for cannot go: they would all get their off result. Neither can one on which something stands."""
    needing = references.configs_naming(flag.project, "flag", flag.key)
    served = [config for config in needing if references.is_served(config.flag)]
    if served:
        raise Conflict(f"{flag.key} cannot be {what}: it is a prerequisite of {references.places(served)}.")
    if said := standing.stands_on(flag, what):
        raise Conflict(f"{flag.key} cannot be {what}: {' '.join(said)}")


def _recheck_states(flag: Flag) -> None:
    """What a returning flag refers to may have gone meanwhile."""
    for config in configs_of(flag):
        try:
            prerequisites.check_state(flag, config.environment, documents.state_fields(config))
        except Invalid as error:
            problems = "; ".join(f"{fault.path}: {fault.message}" for fault in error.faults)
            raise Conflict(f"{flag.key} cannot come back: in {config.environment.key}, {problems}.") from None


def _refuse_to_miss(gone: Set[str], flag: Flag, configs: Iterable[FlagConfig]) -> None:
    """A variant can only go when no state serves it and no prerequisite waits for it."""
    if not gone:
        return
    needs = [
        (variant, f"needed in {config.environment.key} at {path}; change that first")
        for config in configs
        for path, variant in references.variants_served(config)
    ]
    for config in references.configs_naming(flag.project, "flag", flag.key):
        needs += [
            (variant, f"needed in {config.environment.key} by {config.flag.key} at {reference.path}")
            for reference in references.in_config(config)
            if (reference.kind, reference.key) == ("flag", flag.key)
            for variant in reference.variants
        ]
    if faults := [Fault(f"variants.{variant}", message) for variant, message in needs if variant in gone]:
        raise Invalid(faults)
