"""The first minutes with a project: keys, and a command that works when it is pasted."""

from django.conf import settings
from django.http import HttpResponse

from tenants import selectors, services
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.models import ApiKey, Environment, Project


@project_page
def get_started(request: PageRequest, project: Project) -> HttpResponse:
    """A POST makes a server key, which only its answer shows."""
    environment = request.shell.environments[0] if request.shell.environments else None
    secret = None
    if environment is not None and request.method == "POST":
        _, secret = services.create_api_key(
            kind=ApiKey.Kind.SERVER, scope=environment, name="First server", actor=request.actor
        )
    context = {
        "environment": environment,
        "client_key": _client_key(request, environment),
        "server_key": secret,
        "server": settings.PUBLIC_URL,
    }
    return show(request, "tenants/get_started.html", context)


def _client_key(request: PageRequest, environment: Environment | None) -> str:
    """ "" when there is none that the actor may see."""
    if environment is None:
        return ""
    api_keys = selectors.api_keys_of(request.actor, environment).usable().filter(kind=ApiKey.Kind.CLIENT)
    api_key = api_keys.order_by("created_at").first()
    return api_key.readable if api_key is not None else ""
