"""The page of a flag that shows two environments beside each other, and takes parts from one into the other."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from flags import selectors, services
from flags.dashboard.actions import flag_page, place_of
from flags.dashboard.comparison import Comparison
from flags.dashboard.desk import at_home
from flags.dashboard.flag_doors import LAST_ENVIRONMENT, Undo, read_version, with_undo
from flags.models import Flag, FlagConfig
from tenants.dashboard.doors import STATUS_OF, PageRequest, seen, show
from tenants.dashboard.forms import typed
from tenants.models import Environment
from tenants.permissions import NotAllowed, allowed, require
from tenants.problems import Conflict, Invalid, TooMany
from tenants.refusals import complaints_of

Pair = tuple[Environment, Environment]
# A promotion's comment says where it came from, and then why.
LONGEST_REASON = 1_800


@flag_page
def compare(request: PageRequest, flag: Flag) -> HttpResponse:
    """`?from=` and `?to=` name the environments; a form that is sent here promotes the parts that it names."""
    pair = pair_of(request)
    if pair is None:
        return show(request, "flags/compare/flag.html", {"flag": flag})
    sent = typed(request)
    asked = sent if sent is not None else request.GET if "chosen" in request.GET else None
    comparison = _comparison(flag, pair, asked)
    if request.method == "POST":
        return _promote(request, flag, comparison)
    return _shown(request, comparison, comment=sent.get("comment", "") if sent else "")


def pair_of(request: PageRequest) -> Pair | None:
    """What is asked for; else from the environment before the one where one was last. None where there are not two."""
    environments: list[Environment] = list(request.shell.environments)
    if len(environments) < 2:
        return None
    by_key = {environment.key: environment for environment in environments}
    keys, last = list(by_key), request.session.get(LAST_ENVIRONMENT)
    to = request.GET.get("to") or (last if last in keys[1:] else keys[-1])
    before = keys[keys.index(to) - 1] if to in keys[1:] else keys[1]
    return seen(by_key.get(request.GET.get("from") or before)), seen(by_key.get(to))


def _comparison(flag: Flag, pair: Pair, asked: Any) -> Comparison:
    source, target = (at_home(selectors.state_of(flag, environment), flag, environment) for environment in pair)
    return Comparison(source, target, None if asked is None else asked.getlist("part"))


def _shown(
    request: PageRequest,
    comparison: Comparison,
    *,
    comment: str = "",
    refusals: tuple[str, ...] = (),
    is_asked: bool = False,
    status: int = 200,
) -> HttpResponse:
    target = comparison.target
    context = {
        "flag": target.flag,
        "comparison": comparison,
        "may": allowed(request.actor, "flag.configure", target) and target.flag.archived_at is None,
        "reason": _reason(request, target),
        "comment": comment,
        "refusals": refusals,
        "is_asked": is_asked,
        "address": address_of(comparison),
        "longest_reason": LONGEST_REASON,
    }
    return show(request, "flags/compare/flag.html", context, status=status)


def _reason(request: PageRequest, target: FlagConfig) -> str:
    """Why nothing can be promoted, as the service would say it."""
    try:
        require(request.actor, "flag.configure", target)
    except NotAllowed as refusal:
        return str(refusal)
    return f"{target.flag.key} is archived: unarchive it to change it."


def address_of(comparison: Comparison) -> str:
    flag, keys = comparison.target.flag, (comparison.source.environment.key, comparison.target.environment.key)
    asked = urlencode(dict(zip(("from", "to"), keys, strict=True)))
    return f"{reverse('flags:compare', args=[*place_of(flag), flag.key])}?{asked}"


def _promote(request: PageRequest, flag: Flag, comparison: Comparison) -> HttpResponse:
    source, target = comparison.source.environment, comparison.target.environment
    why = request.POST.get("comment", "").strip()[:LONGEST_REASON]
    again = partial(_shown, request, comparison, comment=why)
    if not (only := request.POST.getlist("part")):
        return again(refusals=("Choose at least one part to promote.",), status=422)
    if target.is_protected and request.POST.get("confirmed") != target.key:
        return again(is_asked=True)
    promote = partial(services.copy_config, flag, source, target, only=only, actor=request.actor)
    versions: dict[str, Any] = {name: read_version(request.POST.get(name)) for name in ("version", "source_version")}
    try:
        saved = promote(**versions, comment=f"promoted from {source.key}" + (f": {why}" if why else ""))
    except (NotAllowed, Conflict, Invalid, TooMany) as refusal:
        status = next(status for kind, status in STATUS_OF.items() if isinstance(refusal, kind))
        return again(refusals=tuple(_told(refusal)), status=status)
    _tell(request, comparison, saved)
    return redirect(address_of(comparison))


def _told(refusal: Exception) -> list[str]:
    told = [complaint.message for complaint in complaints_of(refusal)]
    newest = ["What stands here is the newest: look at it, then promote again."]
    return told + newest if isinstance(refusal, Conflict) else told


def _tell(request: PageRequest, comparison: Comparison, saved: services.Saved[FlagConfig]) -> None:
    source, target = comparison.source.environment, comparison.target.environment
    if not saved.changed:
        messages.info(request, f"Nothing to change: {target.key} is so already.")
        return
    flag, version = comparison.target.flag, saved.thing.version
    undo = Undo("flags:roll_back", "to_version", str(version - 1))
    address = f"{reverse(undo.route, args=[*place_of(flag), flag.key, target.key])}?confirmed={target.key}"
    messages.success(
        request, with_undo(f"Promoted from {source.key} as version {version} in {target.key}.", address, undo)
    )
