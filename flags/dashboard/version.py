"""One version of a flag's state in one environment: what it did, what it changed, and what rolling back to it would."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from flags import documents, selectors
from flags.dashboard import words
from flags.dashboard.desk import Desk
from flags.dashboard.environments import parts_of
from flags.dashboard.flag_doors import desk_page
from flags.dashboard.review import Review
from tenants.dashboard.doors import PageRequest, seen, show


@desk_page
@require_safe
def version(request: PageRequest, desk: Desk, version: int) -> HttpResponse:
    then = seen(selectors.find_version(desk.flag, desk.environment, version))
    before = selectors.find_version(desk.flag, desk.environment, version - 1) if version > 1 else None
    row = selectors.versions_of(desk.flag, desk.environment).filter(version=version).first()
    body = documents.config_body(then)
    context = {
        "desk": desk,
        "version": version,
        "row": row,
        "enabled": then.enabled,
        "parts": parts_of(then),
        "changes": words.changes(documents.config_body(before), body) if before is not None else [],
        "back": Review(desk.config, body),
        "is_newest": version == desk.config.version,
    }
    return show(request, "flags/version.html", context)
