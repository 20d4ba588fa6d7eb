"""What this is, for who came here first: without a question to the database, and the same for everybody."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe
from django.views.decorators.vary import vary_on_cookie

from tenants.guides.views import show_to_all


@require_safe
@vary_on_cookie
@cache_control(no_cache=True)
@conditional_page
def about(request: HttpRequest) -> HttpResponse:
    return show_to_all(request, "tenants/about.html", {})
