"""The URL map: where each app's doors hang."""

from collections.abc import Iterable

from django.conf import settings
from django.templatetags.static import static
from django.urls import URLResolver, include, path
from django.utils.functional import lazy
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from flagforge.postman import postman
from tenants.admin.site import site
from tenants.api.nowhere import nothing_here


def sign_in_by(providers: Iterable[str]) -> list[URLResolver]:
    """The doors of the providers that are configured; allauth's would break where one is not."""
    doors = [path("accounts/", include(f"allauth.socialaccount.providers.{name}.urls")) for name in providers]
    return [path("accounts/3rdparty/", include("allauth.socialaccount.urls")), *doors] if doors else []


# What browsers ask for where no page names an icon; its address is known once the static files are.
MARK = lazy(static, str)("tenants/mark.svg")

# allauth asks for it where one of its limits is reached.
handler429 = "tenants.tries.tried_too_often"

urlpatterns = [
    path("favicon.ico", require_safe(RedirectView.as_view(url=MARK)), name="favicon"),
    path("admin/", site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/mfa/", include("allauth.mfa.urls")),
    *sign_in_by(settings.SOCIALACCOUNT_PROVIDERS),
    path("", include("tenants.guides.urls")),
    path("", include("tenants.dashboard.urls")),
    path("", include("flags.dashboard.urls")),
    path("", include("evaluation.dashboard.urls")),
    path("", include("evaluation.dashboard.system.urls")),
    path("", include("analytics.dashboard.rollout_urls")),
    path("", include("analytics.dashboard.experiments.urls")),
    path("", include("analytics.dashboard.stale_urls")),
    path("", include("analytics.dashboard.result_urls")),
    path("", include("analytics.dashboard.unknown_urls")),
    path("", include("analytics.dashboard.guardrail_urls")),
    path("", include("analytics.dashboard.first_run.urls")),
    path("", include("analytics.dashboard.urls")),
    path("", include("analytics.api.urls")),  # before the SDK API, which has an answer for every other address
    path("", include("evaluation.api.urls")),
    path("api/v1/", include("tenants.api.urls")),
    path("api/v1/", include("flags.api.urls")),
    path("api/v1/", include("evaluation.api.management_urls")),
    path("api/v1/", include("analytics.api.management_urls")),
    path("api/v1/<anything:rest>", nothing_here, name="nothing_here"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/postman.json", postman, name="postman"),
    # Its renderer has no page for an error, so other methods must not reach it.
    path("api/docs/", require_safe(SpectacularSwaggerView.as_view(url_name="schema")), name="docs"),
]
