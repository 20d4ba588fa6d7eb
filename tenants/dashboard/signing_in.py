"""A session that ends in the middle of an edit: what was typed waits, and comes back to its form after the login."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

UNSENT = "unsent"
# A session is no archive: a longer form is lost as it would be anywhere else.
LONGEST_KEPT = 500_000


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the login and back. A form that was sent is kept for the page that it stood on."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else _page_of_form(request)
    if request.method == "POST":
        _keep(request, back)
    login = f"{settings.LOGIN_URL}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": login})
    return HttpResponseRedirect(login)


def unsent(request: HttpRequest) -> QueryDict | None:
    """What was typed into the form of this page before the session ended; asked once, then forgotten."""
    kept = request.session.get(UNSENT)
    if request.method != "GET" or not kept or kept["page"] != request.path:
        return None
    del request.session[UNSENT]
    return QueryDict(kept["typed"])


def _page_of_form(request: HttpRequest) -> str:
    """The page that shows the form: itself, or what sent it here, if that is a page of ours."""
    shown_at = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    return shown_at.path if shown_at.path.startswith("/") and shown_at.netloc == request.get_host() else request.path


def _keep(request: HttpRequest, back: str) -> None:
    typed = request.POST.copy()
    typed.pop("csrfmiddlewaretoken", None)
    text = typed.urlencode()
    if len(text) <= LONGEST_KEPT and not any("password" in name for name in typed):
        request.session[UNSENT] = {"page": back, "typed": text}
