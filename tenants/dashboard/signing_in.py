"""A session that ends in the middle of an edit: what was typed waits, and comes back to its form after the login.

It waits for the person who typed it: a signed cookie, which outlives the session, says who that was.
"""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

UNSENT = "unsent"
PERSON_COOKIE = "flagforge_person"
# A session is no archive: a longer form is lost as it would be anywhere else. A flag of 200 rules fits.
LONGEST_KEPT = 200_000


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the login and back. A form that was sent is kept for the page that it stood on."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else _page_of_form(request)
    if request.method == "POST":
        _keep(request, back)
    login = f"{settings.LOGIN_URL}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": login})
    return HttpResponseRedirect(login)


def remember_person(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, which tells the browser who is signed in there, unless it knows."""
    person = str(request.user.pk)
    if _last_person(request) != person:
        response.set_signed_cookie(
            PERSON_COOKIE,
            person,
            salt=PERSON_COOKIE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def unsent(request: HttpRequest) -> QueryDict | None:
    """What this person typed into the form of this page before the session ended; asked once, then forgotten."""
    kept = request.session.get(UNSENT)
    if request.method != "GET" or not kept:
        return None
    is_theirs = kept.get("person") == request.user.pk
    if is_theirs and kept["page"] != request.path:
        return None
    del request.session[UNSENT]
    return QueryDict(kept["typed"]) if is_theirs else None


def _last_person(request: HttpRequest) -> str | None:
    """Who was signed in here the last time; None when nobody was, or the cookie is not of our making."""
    person: str | None = request.get_signed_cookie(PERSON_COOKIE, default=None, salt=PERSON_COOKIE)
    return person


def _page_of_form(request: HttpRequest) -> str:
    """The page that shows the form: itself, or what sent it here, if that is a page of ours."""
    shown_at = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    return shown_at.path if shown_at.path.startswith("/") and shown_at.netloc == request.get_host() else request.path


def _keep(request: HttpRequest, back: str) -> None:
    person = _last_person(request)
    typed = request.POST.copy()
    typed.pop("csrfmiddlewaretoken", None)
    text = typed.urlencode()
    if person is not None and len(text) <= LONGEST_KEPT and not any("password" in name for name in typed):
        request.session[UNSENT] = {"person": person, "page": back, "typed": text}
