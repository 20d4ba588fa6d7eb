"""`/design/`, while FlagForge is worked on: every token, and what pages are made of, by day and by night beside each other."""

import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenants.dashboard.shell import THEMES
from tenants.models import Environment

TOKEN = re.compile(r"^ +--([a-z0-9-]+):", re.MULTILINE)
# What begins like this is a distance, a duration or a shape; all else is a colour.
TYPE = ("font", "mono", "size", "leading", "regular", "medium", "bold")
SHAPE = ("radius", "control", "row", "sidebar", "aside", "shadow", "focus", "quick", "calm", "fade", "ease")


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    if not settings.SHOWS_DESIGN:
        raise Http404
    return render(
        request, "tenants/design/page.html", {"themes": THEMES, "environments": Environment.Color.values, **_tokens()}
    )


def _tokens() -> dict[str, list[str]]:
    """Names, without the dashes before them, as `tokens.css` has them: a new one is shown without anybody thinking of it."""
    names = list(dict.fromkeys(TOKEN.findall(Path(str(finders.find("tenants/tokens.css"))).read_text())))
    spaces = [name for name in names if re.fullmatch(r"s\d", name)]
    return {
        "colours": [name for name in names if name not in spaces and not name.startswith((*TYPE, *SHAPE))],
        "spaces": spaces,
        "sizes": [name for name in names if name.startswith("size-")],
        "shapes": [name for name in names if name.startswith("radius-")],
    }
