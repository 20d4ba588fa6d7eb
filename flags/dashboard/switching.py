"""A flag is switched on or off where it stands in the list."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from flags import selectors, services
from flags.dashboard.lists import show_rows
from flags.models import Flag
from tenants.dashboard.doors import PageRequest, environment_page, seen, show
from tenants.models import Environment
from tenants.permissions import require


@environment_page
@require_POST
def switch(request: PageRequest, environment: Environment, flag: str) -> HttpResponse:
    """Turn a flag on or off from the list. A protected environment asks first; its key in `confirmed` is a yes."""
    found: Flag = seen(selectors.find_flag(environment.project, flag, request.actor))
    enabled = request.POST.get("enabled") == "yes"
    if environment.is_protected and request.POST.get("confirmed") != environment.key:
        return _asking(request, found, environment, enabled)
    comment = request.POST.get("comment", "")
    saved = services.toggle_flag(found, environment, enabled=enabled, actor=request.actor, comment=comment)
    _tell(request, saved.thing, environment, changed=saved.changed)
    if not request.htmx:
        return redirect(came_from(request) or reverse("flags:list", args=_place(environment)))
    return show_rows(request, "flags/_switched.html", [found])


def _asking(request: PageRequest, flag: Flag, environment: Environment, enabled: bool) -> HttpResponse:
    require(request.actor, "flag.toggle", environment)
    context = {"flag": flag, "environment": environment, "enabled": enabled, "word": "on" if enabled else "off"}
    response = show(request, "flags/_switch_dialog.html" if request.htmx else "flags/switch.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#asking", "innerHTML"
    return response


def _tell(request: PageRequest, config: Any, environment: Environment, *, changed: bool) -> None:
    word = "on" if config.enabled else "off"
    if not changed:
        messages.info(request, f"{config.flag.key} is {word} in {environment.name} already.")
        return
    said = format_html("<b>{}</b> is {} in <b>{}</b>.", config.flag.key, word, environment.name)
    address = reverse("flags:switch", args=[*_place(environment), config.flag.key, environment.key])
    undo = (
        '{} <button class="link" form="switches" formaction="{}" name="enabled" value="{}" data-undo="{}"'
        ' hx-post="{}" hx-vals=\'{{"confirmed": "{}"}}\' hx-swap="none">Undo</button>'
    )
    back = "" if config.enabled else "yes"
    messages.success(request, format_html(undo, said, address, back, config.flag.key, address, environment.key))


def _place(environment: Environment) -> tuple[str, str]:
    return environment.organization.slug, environment.project.key


def came_from(request: PageRequest) -> str:
    """The list as it was filtered, if that is where the form was sent from."""
    sent_from = urlsplit(request.headers.get("Referer", ""))
    is_list = sent_from.netloc == request.get_host() and sent_from.path.endswith("/flags/")
    back = f"{sent_from.path}?{sent_from.query}"
    return back if is_list and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""
