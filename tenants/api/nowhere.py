"""Every other address below the management API."""

import json

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, register_converter, resolve
from django.urls.converters import StringConverter
from django.views.decorators.csrf import csrf_exempt

from tenants.api.problems import PROBLEM_JSON, not_found


class Anything(StringConverter):
    """Line breaks too, which no other converter takes."""

    regex = "(?s:.*)"


register_converter(Anything, "anything")


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The same answer as for a thing that the caller may not see; a slash too many or too few is pointed out."""
    document = not_found().data
    likely = request.path.removesuffix("/") if request.path.endswith("/") else f"{request.path}/"
    if _is_an_address(likely):
        document["detail"] += f" The address of a list ends with a slash, that of one thing does not: try {likely}"
    return HttpResponse(json.dumps(document), status=404, content_type=PROBLEM_JSON)


def _is_an_address(path: str) -> bool:
    try:
        return resolve(path).func is not nothing_here
    except Resolver404:  # outside of the API
        return False
