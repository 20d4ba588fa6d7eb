"""Every other address below the management API."""

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from tenants.api.problems import PROBLEM_JSON, not_found


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The same answer as for a thing that the caller may not see."""
    return HttpResponse(json.dumps(not_found().data), status=404, content_type=PROBLEM_JSON)
