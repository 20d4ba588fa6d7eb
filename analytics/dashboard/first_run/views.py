"""The page of the first minutes, and the lamp on it."""

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from analytics.dashboard.first_run.lamp import Lamp
from analytics.dashboard.first_run.snippets import filled
from flags.models import Flag, FlagConfig
from flags.selectors import flags_of
from flags.services import create_flag, toggle_flag
from tenants import selectors, services
from tenants.addresses import address_of
from tenants.dashboard.doors import PageRequest, project_page, seen, show
from tenants.models import ApiKey, Environment, Project
from tenants.permissions import allowed

FIRST_FLAG = {"key": "hello-world", "name": "Hello world", "type": "boolean"}


@project_page
def get_started(request: PageRequest, project: Project) -> HttpResponse:
    """A POST makes what is missing: a flag where there is none, and a server key, which only its answer shows."""
    environment = _environment(request)
    secret = ""
    if environment is not None and request.method == "POST":
        if request.POST.get("make") == "flag":
            _make_flag(request, project, environment)
        else:
            secret = _make_key(request, environment)
    flag = _flag(request, project)
    client_key = _client_key(request, environment)
    context = {
        "environment": environment,
        "flag": flag,
        "states": _states(request, flag) if flag else [],
        "client_key": client_key,
        "server_key": secret,
        "server": settings.PUBLIC_URL,
        "snippets": filled(
            server=settings.PUBLIC_URL, flag=flag.key if flag else "", client_key=client_key, server_key=secret
        ),
        "lamp": _lamp(request, environment),
    }
    return show(request, "analytics/first_run/start.html", context)


@project_page
@require_safe
def lamp(request: PageRequest, project: Project) -> HttpResponse:
    """The lamp alone, for a page that waits; 204 while it looks as that page says it does."""
    found = seen(_lamp(request, _environment(request)))
    if request.GET.get("state") == found.state:
        return HttpResponse(status=204)
    return show(request, "analytics/first_run/_lamp.html", {"lamp": found, "environment": found.environment})


def _environment(request: PageRequest) -> Environment | None:
    """The one that the address names, or the first; None in a project without any that one sees."""
    found: list[Environment] = request.shell.environments
    asked = request.GET.get("environment")
    if asked is not None:
        environment: Environment = seen(next((each for each in found if each.key == asked), None))
        return environment
    return found[0] if found else None


def _lamp(request: PageRequest, environment: Environment | None) -> Lamp | None:
    if environment is None:
        return None
    return Lamp(environment, request.shell.environments, request.actor, address_of(request))


def _make_flag(request: PageRequest, project: Project, environment: Environment) -> None:
    """On in the environment at once, where one may, so that a first answer is true."""
    flag = create_flag(project, FIRST_FLAG, actor=request.actor).thing
    if allowed(request.actor, "flag.toggle", environment):
        toggle_flag(flag, environment, enabled=True, actor=request.actor)


def _make_key(request: PageRequest, environment: Environment) -> str:
    server = ApiKey.Kind.SERVER
    _, secret = services.create_api_key(kind=server, scope=environment, name="First server", actor=request.actor)
    return secret


def _flag(request: PageRequest, project: Project) -> Flag | None:
    """The oldest that is on or off."""
    flags = flags_of(project, request.actor).filter(value_type="boolean", client_visible=True)
    found: Flag | None = flags.order_by("id").first()
    return found


def _states(request: PageRequest, flag: Flag) -> list[tuple[Environment, bool]]:
    on = set(FlagConfig.objects.filter(flag=flag, enabled=True).values_list("environment_id", flat=True))
    return [(environment, environment.pk in on) for environment in request.shell.environments]


def _client_key(request: PageRequest, environment: Environment | None) -> str:
    """ "" when there is none that the actor may see."""
    if environment is None:
        return ""
    api_keys = selectors.api_keys_of(request.actor, environment).usable().filter(kind=ApiKey.Kind.CLIENT)
    api_key = api_keys.order_by("created_at").first()
    return api_key.readable if api_key is not None else ""
