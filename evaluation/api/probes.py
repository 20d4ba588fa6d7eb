"""Is it alive, is it ready: what supervisors and load balancers ask."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from evaluation.manifest import memory


def livez(request: HttpRequest) -> JsonResponse:
    """This process answers; a supervisor need not restart it."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Ready with a database, and without one as long as there are rules in memory to answer from."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return JsonResponse({"status": "ok"})
    except DatabaseError:
        if memory.holds_something():
            return JsonResponse({"status": "degraded", "database": "out of reach"})
        return JsonResponse(
            {"status": "unavailable", "database": "out of reach"}, status=503, headers={"Retry-After": "2"}
        )
