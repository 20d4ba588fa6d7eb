"""How flags and segments are found by name, and what can be done with a flag without going there first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from flags.models import Flag, Segment
from tenants.dashboard.search.found import Found, Question
from tenants.models import Environment
from tenants.permissions import allowed


@dataclass(frozen=True, slots=True)
class Command:
    """A word that stands before a flag's name, and where it leads; in each environment where `verb` is allowed, or once."""

    title: str
    icon: str
    route: str
    verb: str = ""
    is_of_project: bool = False  # its address has the flag in its query


COMMANDS = {
    "kill": Command("Kill {flag} in {environment}", "kill", "flags:kill", "flag.kill"),
    "try": Command("Try {flag} in the playground", "play", "playground:playground", is_of_project=True),
    "history": Command("History of {flag} in {environment}", "clock", "flags:history", "environment.view"),
    "settings": Command("Settings of {flag}", "gear", "flags:settings"),
    "watch": Command("Watch {flag}", "eye", "flags:watch"),
}
# Of so many flags the commands are shown, while none was typed of the first alone.
MOST_COMMANDED = 3


def flags(question: Question) -> Iterator[Found]:
    """`kill new-checkout prod`: a command may come first, and environments last."""
    words, asked = _read(question)
    flag_words = [word for place, word in enumerate(words) if place == 0 or not _meant_by(question, word)]
    rows = (
        Flag.objects.visible_to(question.actor)
        .select_related("project", "organization")
        .defer("variants", "metadata", "description")
    )
    found: list[Flag] = question.named(rows, "key", "name", words=flag_words)
    for flag in found:
        address = reverse("flags:anywhere", args=_place(flag))
        place = f"{flag.project.name}, archived" if flag.archived_at else flag.project.name
        yield Found("Flags", flag.name, address, "flag", flag.key, place)
    in_use = [flag for flag in found if flag.archived_at is None]
    for flag in in_use[: MOST_COMMANDED if asked else 1]:
        for command in [COMMANDS[asked]] if asked else COMMANDS.values():
            yield from _commanded(question, command, flag, words[1:], "Commands" if asked else "Actions")


def _read(question: Question) -> tuple[Sequence[str], str]:
    """The words without the command, and the command, "" where none is asked for."""
    words = [word for word in question.words if word not in {"in", "of"}]
    if len(words) > 1 and words[0] in COMMANDS:
        return words[1:], words[0]
    return question.words, ""


def _meant_by(question: Question, word: str) -> list[Environment]:
    return [
        one for one in question.environments if one.key.lower().startswith(word) or one.name.lower().startswith(word)
    ]


def _commanded(question: Question, command: Command, flag: Flag, words: Sequence[str], kind: str) -> Iterator[Found]:
    if not command.verb:
        address = _address(command, flag)
        yield Found(kind, command.title.format(flag=flag.key), address, command.icon, place=flag.project.name)
        return
    named = {one.pk for word in words for one in _meant_by(question, word)}
    for environment in question.environments:
        is_here = environment.project_id == flag.project_id and (not named or environment.pk in named)
        if is_here and allowed(question.actor, command.verb, environment):
            title = command.title.format(flag=flag.key, environment=environment.key)
            address = reverse(command.route, args=[*_place(flag), environment.key])
            yield Found(kind, title, address, command.icon, place=flag.project.name)


def _address(command: Command, flag: Flag) -> str:
    if command.is_of_project:
        return f"{reverse(command.route, args=_place(flag)[:2])}?{urlencode({'q': flag.key})}"
    return reverse(command.route, args=_place(flag))


def _place(flag: Flag) -> list[str]:
    return [flag.organization.slug, flag.project.key, flag.key]


def segments(question: Question) -> Iterator[Found]:
    rows = Segment.objects.visible_to(question.actor).select_related("project", "organization")
    for segment in question.named(rows.defer("included", "excluded", "rules"), "key", "name"):
        address = reverse("flags:segment", args=[segment.organization.slug, segment.project.key, segment.key])
        yield Found("Segments", segment.name, address, "segment", segment.key, segment.project.name)
