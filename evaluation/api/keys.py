"""`/.well-known/flagforge/jwks.json`: the public halves of the keys that sign manifests."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from evaluation.manifest import sign
from evaluation.wire.replies import CORS_HEADERS


@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """For everybody. Whoever meets a name that is not in it fetches it again: keys are rotated."""
    return JsonResponse(
        sign.jwks(),
        content_type="application/jwk-set+json",
        headers={"Cache-Control": "public, max-age=300", **CORS_HEADERS},
    )
