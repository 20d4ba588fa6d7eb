"""The URL map: where each app's doors hang."""

from django.urls import include, path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from tenants.admin.site import site
from tenants.api.nowhere import nothing_here

urlpatterns = [
    path("admin/", site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("", include("tenants.dashboard.urls")),
    path("", include("flags.dashboard.urls")),
    path("", include("evaluation.dashboard.urls")),
    path("", include("evaluation.api.urls")),
    path("api/v1/", include("tenants.api.urls")),
    path("api/v1/", include("flags.api.urls")),
    path("api/v1/", include("evaluation.api.management_urls")),
    path("api/v1/<anything:rest>", nothing_here, name="nothing_here"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    # Its renderer has no page for an error, so other methods must not reach it.
    path("api/docs/", require_safe(SpectacularSwaggerView.as_view(url_name="schema")), name="docs"),
]
