"""What flags, states and segments there are."""

import re
from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from django.db.models import Q

from flags import documents
from flags.elements import ElementCount, holds_some_with
from flags.models import Flag, FlagConfig, FlagTrigger, Segment
from flags.models.flags import KEY_PATTERN
from flags.watching.watchers import with_watch
from tenants.actors import Actor
from tenants.models import Environment, Project
from tenants.retention import can_come_back

Deletable = TypeVar("Deletable", Flag, Segment)
FlagState = tuple[Flag, FlagConfig | None]
Stamp = list[Any]
# What a manifest entry is made of; the rest of a row stays in the database.
FLAG_COLUMNS = ("key", "value_type", "variants", "salt", "client_visible", "metadata", "version")
CONFIG_COLUMNS = ("flag_id", "enabled", "targets", "rules", "fallthrough", "off_variant", "prerequisites", "version")
COUNTED = {"included": "included", "excluded": "excluded", "rule": "rules"}
SEGMENT_COLUMNS = ("key", "included", "excluded", "rules", "version")


def flags_of(project: Project, actor: Actor, *, archived: bool | None = False, search: str = "") -> Any:
    """A queryset of the flags that the actor sees, by key; `archived=None` means both kinds."""
    flags = Flag.objects.visible_to(actor).filter(project=project).select_related("owner")
    if archived is not None:
        flags = flags.filter(archived_at__isnull=not archived)
    if "\0" in search:
        return flags.none()  # PostgreSQL refuses to look for it
    if search:
        texts = Q(key__icontains=search) | Q(name__icontains=search) | Q(description__icontains=search)
        flags = flags.filter(texts | Q(holds_some_with("tags", search)))
    return flags.order_by("key")


def find_flag(project: Project, key: str, actor: Actor, *, is_watched: bool = False) -> Flag | None:
    """The flag, archived or not; None when there is none or the actor may not see it.

    With `is_watched`, for pages, it knows besides its owner and what `flags.watching.watchers.watching` asks for.
    """
    rows = with_key(Flag.objects, project, key).visible_to(actor)
    found: Flag | None = (with_watch(rows.select_related("owner"), actor.user) if is_watched else rows).first()
    return found


def existing_keys(project: Project, keys: Iterable[str], actor: Actor) -> set[str]:
    """Which of these are keys of flags that the actor sees, archived or not."""
    asked = [key for key in keys if re.fullmatch(KEY_PATTERN, key)]
    return set(Flag.objects.visible_to(actor).filter(project=project, key__in=asked).values_list("key", flat=True))


def find_deleted(model: type[Deletable], project: Project, key: str, actor: Actor) -> Deletable | None:
    """A deleted flag or segment that the actor might undelete; None when there is none or the project is not theirs."""
    if not Project.objects.visible_to(actor).filter(pk=project.pk).exists():
        return None
    found: Deletable | None = with_key(model.with_deleted, project, key).filter(deleted_at__isnull=False).first()
    return found


def deleted_flags(project: Project) -> Any:
    """A queryset of those that can come back, the latest first."""
    return Flag.with_deleted.filter(can_come_back(), project=project).order_by("-deleted_at")


def segments_of(project: Project, actor: Actor) -> Any:
    return Segment.objects.visible_to(actor).filter(project=project).order_by("key")


def segments_counted(project: Project, actor: Actor) -> Any:
    """With `included_count`, `excluded_count` and `rule_count` in the place of what may be ten thousand people each."""
    counts = {f"{name}_count": ElementCount(column) for name, column in COUNTED.items()}
    return segments_of(project, actor).defer(*COUNTED.values()).annotate(**counts)


def deleted_segments(project: Project) -> Any:
    """A queryset of those that can come back, the latest first."""
    return Segment.with_deleted.filter(can_come_back(), project=project).order_by("-deleted_at")


def find_segment(project: Project, key: str, actor: Actor) -> Segment | None:
    found: Segment | None = with_key(Segment.objects, project, key).visible_to(actor).first()
    return found


def with_key(manager: Any, project: Project, key: object) -> Any:
    """A queryset of at most one row; of none for what is no key, since PostgreSQL refuses to look for some of that."""
    if not isinstance(key, str) or not re.fullmatch(KEY_PATTERN, key):
        return manager.none()
    return manager.filter(project=project, key=key).select_related("project", "organization")


def state_of(flag: Flag, environment: Environment) -> FlagConfig:
    """The flag's state there; an unsaved row of version 1 where nobody ever changed it."""
    found: FlagConfig | None = (
        FlagConfig.objects.filter(flag=flag, environment=environment).select_related("flag", "environment").first()
    )
    return found or untouched(flag, environment)


def untouched(flag: Flag, environment: Environment) -> FlagConfig:
    """The default state as an unsaved row."""
    state = documents.fields_of(documents.default_state(flag))
    return FlagConfig(organization_id=flag.organization_id, flag=flag, environment=environment, version=1, **state)


def triggers_of(actor: Actor, flag: Flag, environment: Environment) -> Any:
    """Revoked ones too; newest first."""
    rows = FlagTrigger.objects.visible_to(actor).filter(flag=flag, environment=environment)
    return rows.select_related("flag", "environment").order_by("-id")


def versions_of(flag: Flag, environment: Environment) -> Any:
    """The saved versions of the state as rows of history, newest first; none where nobody ever changed it."""
    return FlagConfig.history.filter(flag_id=flag.pk, environment_id=environment.pk).order_by("-version", "-history_id")


def find_version(flag: Flag, environment: Environment, version: int) -> FlagConfig | None:
    """The state as it was in that version; the default state is version 1 where nobody ever changed it."""
    rows = versions_of(flag, environment)
    if (row := rows.filter(version=version).first()) is not None:
        found: FlagConfig = row.instance
        return found
    return untouched(flag, environment) if version == 1 and not rows.exists() else None


def states_of(project: Project, environment: Environment) -> list[FlagConfig]:
    """The state of every flag that is not archived, by key, in two queries; unsaved where nobody ever changed it."""
    flags = list(Flag.objects.filter(project=project, archived_at__isnull=True).select_related("owner").order_by("key"))
    configs = {config.flag_id: config for config in FlagConfig.objects.filter(environment=environment)}
    states = []
    for flag in flags:
        config = configs.get(flag.pk) or untouched(flag, environment)
        config.flag, config.environment = flag, environment
        states.append(config)
    return states


def keys_of(project: Project) -> list[str]:
    """The keys of the flags that are not archived, in their order."""
    flags = Flag.objects.filter(project=project, archived_at__isnull=True).order_by("key")
    return list(flags.values_list("key", flat=True))


def flag_states(environment: Environment, keys: Collection[str] | None = None) -> list[FlagState]:
    """What an environment serves: its flags by key, with their states (None: never changed); a deleted one serves nothing.

    In two queries, however many flags there are, to the database that the environment came from; `keys` asks for these alone.
    """
    flags = _rows_of(Flag, environment).filter(archived_at__isnull=True)
    configs = _configs_in(environment)
    if keys is not None:
        flags = flags.filter(key__in=keys)
    found = list(flags.only(*FLAG_COLUMNS).order_by("key"))
    if keys is not None:
        configs = configs.filter(flag_id__in=[flag.pk for flag in found])
    states = {config.flag_id: config for config in configs.only(*CONFIG_COLUMNS).iterator()}
    return [(flag, states.get(flag.pk)) for flag in found]


def manifest_segments(environment: Environment, keys: Collection[str] | None = None) -> list[Segment]:
    """Its segments by key, in one query to the same; `keys` asks for these alone."""
    segments = _rows_of(Segment, environment)
    if keys is not None:
        segments = segments.filter(key__in=keys)
    return list(segments.only(*SEGMENT_COLUMNS).order_by("key"))


def flag_stamps(environment: Environment) -> dict[str, Stamp]:
    """By key of each flag that the environment serves: what is another whenever its entry in the manifest is. Two queries."""
    flags = _rows_of(Flag, environment).filter(archived_at__isnull=True).values_list("key", "pk", "version")
    states = dict(_configs_in(environment).values_list("flag_id", "version").iterator())
    return {key: [pk, version, states.get(pk)] for key, pk, version in flags.iterator()}


def segment_stamps(environment: Environment) -> dict[str, Stamp]:
    """The same of its segments. One query."""
    rows = _rows_of(Segment, environment).values_list("key", "pk", "version")
    return {key: stamp for key, *stamp in rows.iterator()}


def _rows_of(model: type[Flag] | type[Segment], environment: Environment) -> Any:
    """Those of its project; none where it, or what it lies in, is deleted.

    That is asked of what is known of it rather than of each row: PostgreSQL, which has not counted a young table yet, walks
    through such joins once for each flag.
    """
    rows = model.with_deleted.using(environment._state.db)
    if any(each.deleted_at is not None for each in (environment, environment.project, environment.organization)):
        return rows.none()
    return rows.filter(deleted_at__isnull=True, project_id=environment.project_id)


def _configs_in(environment: Environment) -> Any:
    return FlagConfig.with_deleted.using(environment._state.db).filter(environment=environment)
