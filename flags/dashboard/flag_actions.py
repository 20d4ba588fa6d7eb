"""What changes a flag in one environment from its page: each door calls one service."""

from functools import partial

from django.http import HttpResponse

from flags import services
from flags.dashboard.desk import Desk
from flags.dashboard.flag_doors import (
    Undo,
    button,
    desk_page,
    question_for,
    read_version,
    replaced,
    saved,
    shown,
    switched,
)
from tenants.dashboard.doors import PageRequest, seen, show


def save(request: PageRequest, desk: Desk) -> HttpResponse:
    """What a form does that is sent to the page itself."""
    if desk.text_faults:
        return shown(request, desk, status=422)
    if desk.is_edited and (question := question_for(request, desk, f"Save to {desk.environment.key}")):
        return shown(request, desk, question=question)
    put = partial(services.put_config, desk.flag, desk.environment, desk.state, version=desk.draft.version)
    return saved(request, desk, partial(put, actor=desk.actor, comment=desk.comment), "Saved")


@button
def toggle(request: PageRequest, desk: Desk) -> HttpResponse:
    """Turn the flag on or off at once, whatever lies in the draft."""
    given = request.POST.get("enabled", "")
    enabled = given == "yes"
    word = "on" if enabled else "off"
    if question := question_for(request, desk, f"Turn {word} in {desk.environment.key}", "enabled", given):
        return shown(request, desk, question=question)
    turn = partial(services.toggle_flag, desk.flag, desk.environment, enabled=enabled, actor=desk.actor)
    undo = Undo("flags:toggle", "enabled", "" if enabled else "yes")
    return switched(request, desk, partial(turn, version=desk.draft.version), word, undo)


@desk_page
def kill(request: PageRequest, desk: Desk) -> HttpResponse:
    """The page that asks, for who comes by a link; the kill itself, whatever version the flag has."""
    if request.method != "POST":
        return show(request, "flags/flag_page/kill.html", {"desk": desk})
    comment = request.POST.get("kill_comment", "")
    kill = partial(services.kill_flag, desk.flag, desk.environment, actor=desk.actor, comment=comment)
    return switched(request, desk, kill, "killed", None)


@button
def roll_back(request: PageRequest, desk: Desk) -> HttpResponse:
    to_version = read_version(request.POST.get("to_version")) or 0
    asked = f"Roll back to version {to_version} in {desk.environment.key}"
    if question := question_for(request, desk, asked, "to_version", str(to_version)):
        return shown(request, desk, question=question)
    back = partial(services.roll_back_config, desk.flag, desk.environment, to_version=to_version)
    change = partial(back, version=desk.draft.version, actor=desk.actor)
    return replaced(request, desk, change, f"Rolled back to version {to_version},")


@button
def copy(request: PageRequest, desk: Desk) -> HttpResponse:
    """Make the flag here what it is in another environment."""
    source = seen(desk.configs.get(request.POST.get("from", ""))).environment
    if question := question_for(request, desk, f"Copy {source.key} to {desk.environment.key}", "from", source.key):
        return shown(request, desk, question=question)
    copied = partial(services.copy_config, desk.flag, source, desk.environment)
    change = partial(copied, version=desk.draft.version, actor=desk.actor)
    return replaced(request, desk, change, f"Copied from {source.key}")
