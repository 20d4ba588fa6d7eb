"""What may be done to many flags at once: each through the service that does it to one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flags import services
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import Environment, User


@dataclass(frozen=True, slots=True)
class Given:
    """What an act is told besides the flags. An act that asks for an environment, a tag or an owner finds it here."""

    actor: Actor
    comment: str = ""
    tag: str = ""
    owner: User | None = None
    environment: Environment | None = None

    @property
    def place(self) -> Environment:
        if self.environment is None:
            raise ValueError("the act was carried out without the environment that it asks for")
        return self.environment


@dataclass(frozen=True, slots=True)
class Act:
    """`does` in words ("Archive"), and `done` ("archived"), with {tag}, {owner}, {environment} where it was told them.

    `carry_out` says whether anything was different. `back` is the act that takes it back.
    """

    verb: str
    does: str
    done: str
    carry_out: Callable[[Flag, Given], bool]
    back: str
    asks: str = ""

    def words(self, text: str, given: Given) -> str:
        return text.format(tag=f"#{given.tag}", owner=given.owner or "nobody", environment=given.environment)


def _archive(flag: Flag, given: Given) -> bool:
    return services.archive_flag(flag, actor=given.actor, comment=given.comment).changed


def _unarchive(flag: Flag, given: Given) -> bool:
    return services.unarchive_flag(flag, actor=given.actor, comment=given.comment).changed


def _add_tag(flag: Flag, given: Given) -> bool:
    return given.tag not in flag.tags and _edit(flag, given, tags=[*flag.tags, given.tag])


def _remove_tag(flag: Flag, given: Given) -> bool:
    return given.tag in flag.tags and _edit(flag, given, tags=[tag for tag in flag.tags if tag != given.tag])


def _set_owner(flag: Flag, given: Given) -> bool:
    return _edit(flag, given, owner=given.owner.email if given.owner else None)


def _edit(flag: Flag, given: Given, **changes: Any) -> bool:
    """What a colleague saved since the flag was read is not written over."""
    return services.edit_flag(flag, changes, version=flag.version, actor=given.actor, comment=given.comment).changed


def _turn(enabled: bool) -> Callable[[Flag, Given], bool]:
    def turned(flag: Flag, given: Given) -> bool:
        saved = services.toggle_flag(flag, given.place, enabled=enabled, actor=given.actor, comment=given.comment)
        return saved.changed

    return turned


ACTS: Mapping[str, Act] = {
    "archive": Act("flag.archive", "Archive", "archived", _archive, back="unarchive"),
    "unarchive": Act("flag.archive", "Unarchive", "evaluated again", _unarchive, back="archive"),
    "add_tag": Act("flag.edit", "Add {tag} to", "tagged {tag}", _add_tag, back="remove_tag", asks="tag"),
    "remove_tag": Act("flag.edit", "Remove {tag} from", "without {tag}", _remove_tag, back="add_tag", asks="tag"),
    "set_owner": Act("flag.edit", "Give {owner}", "owned by {owner}", _set_owner, back="set_owner", asks="owner"),
    "turn_on": Act("flag.toggle", "Turn on", "on in {environment}", _turn(True), back="turn_off", asks="environment"),
    "turn_off": Act(
        "flag.toggle", "Turn off", "off in {environment}", _turn(False), back="turn_on", asks="environment"
    ),
}
