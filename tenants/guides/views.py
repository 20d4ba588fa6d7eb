"""The documentation as pages: for everybody, without asking the database."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe
from django.views.decorators.vary import vary_on_cookie

from tenants.guides import contents, places, searching
from tenants.guides.markdown import html_of
from tenants.guides.outlines import outline_of

Answer = HttpResponse | FileResponse


def show_to_all(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page that is the same for everybody with this theme: nothing is asked of the session, and no message is used up."""
    return HttpResponse(render_to_string(template, {"request": request, **context}), status=status)


@require_safe
@vary_on_cookie
@cache_control(no_cache=True)
@conditional_page
def index(request: HttpRequest) -> HttpResponse:
    return _page(request, "")


@require_safe
@vary_on_cookie
@cache_control(no_cache=True)
@conditional_page
def page(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in places.files():
        context = {"slug": slug, "near": searching.near(slug), "groups": contents.groups()}
        return show_to_all(request, "guides/nowhere.html", context, status=404)
    return _page(request, slug)


def _page(request: HttpRequest, slug: str) -> HttpResponse:
    before, after = contents.neighbours(slug)
    context = {
        "page": outline_of(slug),
        "html": html_of(slug),
        "groups": contents.groups(),
        "before": before,
        "after": after,
    }
    return show_to_all(request, "guides/page.html", context)


@require_safe
@vary_on_cookie
@cache_control(no_cache=True)
@conditional_page
def search_page(request: HttpRequest) -> HttpResponse:
    """For HTMX the results alone."""
    asked = request.GET.get("q", "")[: searching.LONGEST]
    context = {"asked": asked, "found": searching.search(asked), "groups": contents.groups()}
    is_part = request.headers.get("HX-Request") == "true"
    return show_to_all(request, "guides/_found.html" if is_part else "guides/search.html", context)


@require_safe
@cache_control(max_age=3600, public=True)
def picture(request: HttpRequest, picture: str) -> Answer:
    path = places.pictures().get(picture)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type=places.PICTURES[path.suffix])
