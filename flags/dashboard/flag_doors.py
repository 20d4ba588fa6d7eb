"""What every door to a flag's page shares: the desk, the question in a protected environment, and how a change ends."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from flags import selectors
from flags.dashboard.desk import Desk
from flags.dashboard.history import history_of
from flags.models import Flag, FlagConfig
from flags.services import Saved
from tenants.dashboard.doors import STATUS_OF, PageRequest, environment_page, seen, show
from tenants.dashboard.forms import typed
from tenants.models import Environment
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid, TooMany
from tenants.refusals import complaints_of

LAST_ENVIRONMENT = "last_environment"
NEWEST = 5

Change = Callable[[], Saved[FlagConfig]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a protected environment asks before it is changed; yes is the same button once more, confirmed."""

    text: str
    action: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Undo:
    """The button that takes a change back."""

    route: str
    name: str
    value: str


def desk_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view(request, desk)`, where the actor sees the flag and the environment that the address names."""

    @environment_page
    @wraps(view)
    def door(request: PageRequest, environment: Environment, flag: str, **names: object) -> HttpResponse:
        found: Flag = seen(selectors.find_flag(environment.project, flag, request.actor, is_watched=True))
        found.project = environment.project
        if request.session.get(LAST_ENVIRONMENT) != environment.key:
            request.session[LAST_ENVIRONMENT] = environment.key
        desk = Desk(request.actor, found, environment, typed(request))
        desk.was_away = request.method != "POST" and desk.is_edited
        return view(request, desk, **names)

    return door


def button(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view(request, desk)` for a button of the form. Who comes otherwise, as after a login in between, sees the page."""

    @desk_page
    @wraps(view)
    def door(request: PageRequest, desk: Desk) -> HttpResponse:
        return view(request, desk) if request.method == "POST" else shown(request, desk)

    return door


def shown(request: PageRequest, desk: Desk, *, question: Question | None = None, status: int = 200) -> HttpResponse:
    context = {"desk": desk, "history": history_of(desk.config, NEWEST), "question": question}
    return show(request, "flags/flag.html", context, status=status)


def question_for(request: PageRequest, desk: Desk, text: str, name: str = "", value: str = "") -> Question | None:
    """None where nothing is to be asked: the environment is not protected, or was confirmed by its name."""
    if not desk.environment.is_protected or request.GET.get("confirmed") == desk.environment.key:
        return None
    return Question(text, request.path, name, value)


def read_version(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def replaced(request: PageRequest, desk: Desk, change: Change, said: str) -> HttpResponse:
    """A change that takes the place of the whole state; it does not take the place of a draft."""
    if not desk.is_edited:
        return saved(request, desk, change, said)
    desk.refusals.append("Save or discard your draft first: this would take its place.")
    return shown(request, desk, status=409)


def saved(request: PageRequest, desk: Desk, change: Change, said: str) -> HttpResponse:
    """The page after a change that took the draft in; refused, the draft stays as it was."""
    try:
        done = change()
    except (NotAllowed, Conflict, Invalid, TooMany) as refusal:
        return _refused(request, desk, refusal)
    if done.changed:
        undo = Undo("flags:roll_back", "to_version", str(done.thing.version - 1))
        tell(request, desk, f"{said} as version {done.thing.version} in {desk.environment.key}.", undo)
    else:
        messages.info(request, f"Nothing to change: {desk.environment.key} is so already.")
    return redirect(desk.address("flags:flag"))


def switched(request: PageRequest, desk: Desk, change: Change, said: str, undo: Undo | None) -> HttpResponse:
    """The page after the flag went on or off; a draft goes on from the version that this made."""
    is_kept, was_behind = desk.is_edited, desk.is_behind
    try:
        change()
    except (NotAllowed, Conflict, Invalid, TooMany) as refusal:
        return _refused(request, desk, refusal)
    tell(request, desk, f"{desk.flag} is {said} in {desk.environment.key}.", undo)
    if request.POST.get("page") == "environments":
        return redirect("flags:environments", *_place_of(desk), desk.flag.key)
    if not is_kept:
        return redirect(desk.address("flags:flag"))
    desk.look_again()
    if not was_behind:
        desk.put_mine_over_theirs()
    return shown(request, desk)


def _place_of(desk: Desk) -> tuple[str, str]:
    project = desk.flag.project
    return project.organization.slug, project.key


def tell(request: PageRequest, desk: Desk, said: str, undo: Undo | None) -> None:
    """A message; its button belongs to the form of the page, so that it works as any other there."""
    if undo is None:
        messages.success(request, said)
        return
    address = f"{desk.address(undo.route)}?confirmed={desk.environment.key}"
    messages.success(request, with_undo(said, address, undo))


def with_undo(said: str, address: str, undo: Undo) -> SafeString:
    button = '{} <button class="link" form="editor" formaction="{}" name="{}" value="{}">Undo</button>'
    return format_html(button, said, address, undo.name, undo.value)


def _refused(request: PageRequest, desk: Desk, refusal: Exception) -> HttpResponse:
    desk.look_again()
    desk.is_blamed = True
    if not _is_shown_anyway(desk, refusal):
        desk.refusals += [complaint.message for complaint in complaints_of(refusal)]
    status = next(status for kind, status in STATUS_OF.items() if isinstance(refusal, kind))
    return shown(request, desk, status=status)


def _is_shown_anyway(desk: Desk, refusal: Exception) -> bool:
    """What is wrong with the draft stands at its inputs, and two states that met stand side by side."""
    if isinstance(refusal, Invalid):
        return bool(desk.review.refusals)
    return isinstance(refusal, Conflict) and desk.is_behind
