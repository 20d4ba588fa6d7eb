"""Maintenance: every door refuses every change and says why; what applications ask for, and ending it, goes on."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver

from analytics.models import TelemetryBatch
from analytics.rollouts import running
from analytics.tasks import run_rollouts, watch_guardrails
from flags.models import FlagConfig
from flags.services import create_flag, create_trigger
from tenants import maintenance, runtime, services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Project, User
from tenants.roles import Role
from tenants.tasks import purge_logs, sweep_purges
from tests.analytics.batches import batch
from tests.conftest import Browser
from tests.contracts.test_outsider import FILLINGS, routes

pytestmark = pytest.mark.django_db
WHY = "The database moves"
PROGRAMS = ("api/v1/sdk/", "ofrep/", ".well-known/", "livez", "readyz", "metrics")


@pytest.fixture
def in_maintenance(system: Actor, shop: Project, production: Environment) -> None:
    services.change_runtime_settings({"maintenance": True, "maintenance_reason": WHY}, actor=system)
    runtime.load()


@pytest.fixture
def root(browser: Browser) -> Client:
    client: Client = browser(User.objects.create_superuser("root@example.com", "correct horse battery staple"))
    return client


def addresses() -> list[str]:
    """Of every door but those of programs, each once; what one does not know is filled with anything."""
    found = []
    for route in routes(get_resolver().url_patterns):
        address = route.replace("<str:flag>", "checkout").replace("<slug:environment>", "production")
        for piece, filling in FILLINGS.items():
            address = address.replace(piece, filling)
        if not route.startswith(PROGRAMS) and "<" not in address and "^" not in address and "(" not in address:
            found.append(f"/{address}")
    return sorted(set(found))


def test_every_door_refuses_every_change(in_maintenance: None, browser: Browser, alice: User, root: Client) -> None:
    let_through = set()
    doors = addresses()
    for client in (browser(alice), root):
        for address in doors:
            for method in ("post", "put", "patch", "delete"):
                answer = getattr(client, method)(address)
                if answer.status_code == 503:
                    assert answer["Retry-After"] == "30"
                else:
                    let_through.add(address)
                    break

    assert len(doors) > 150
    assert let_through == {
        *("/accounts/login/", "/accounts/logout/", "/accounts/reauthenticate/", "/accounts/login/code/confirm/"),
        *("/accounts/mfa/authenticate/", "/accounts/mfa/reauthenticate/", "/accounts/mfa/webauthn/reauthenticate/"),
        *("/accounts/mfa/webauthn/login/", "/admin/login/", "/admin/logout/", "/theme/", "/system/settings/"),
        "/organizations/acme/projects/shop/playground/",
        "/api/v1/organizations/acme/projects/shop/playground",
        "/organizations/acme/projects/shop/flags/checkout/environments/production/review/",
    }


def test_programs_are_told_with_a_problem_and_people_in_words(
    in_maintenance: None, browser: Browser, alice: User
) -> None:
    client = browser(alice)

    problem = client.post("/api/v1/organizations/", {"slug": "x"}, content_type="application/json")
    page = client.post("/organizations/", {"name": "X"})
    toast = client.post("/organizations/", {"name": "X"}, headers={"HX-Request": "true"})

    assert problem["Content-Type"] == "application/problem+json"
    document = json.loads(problem.content)
    assert (document["type"], document["status"]) == ("/problems/maintenance", 503)
    assert f"in maintenance ({WHY})" in document["detail"]
    assert b"<h1>Maintenance</h1>" in page.content
    assert WHY.encode() in toast.content
    assert b"<h1>" not in toast.content
    assert toast["HX-Reswap"] == "none"


def test_a_token_and_a_trigger_are_refused_and_what_they_would_change_is_not(
    shop: Project, production: Environment, as_alice: Actor, system: Actor
) -> None:
    flag = create_flag(shop, {"key": "checkout"}, actor=as_alice).thing
    _, secret = create_trigger(flag, production, name="Deploy", action="on", actor=as_alice)
    _, token = services.create_api_key(kind="token", scope=shop, role=Role.ADMIN, name="CI", actor=as_alice)
    services.change_runtime_settings({"maintenance": True}, actor=system)
    runtime.load()
    entries = AuditEvent.objects.count()
    client, bearer = Client(), {"Authorization": f"Bearer {token}"}
    place = "/api/v1/organizations/acme/projects/shop/flags/"

    pulled = client.post(f"/api/v1/triggers/{secret}")
    made = client.post(place, {"key": "new"}, content_type="application/json", headers=bearer)
    read = client.get(place, headers=bearer)

    assert (pulled.status_code, made.status_code, read.status_code) == (503, 503, 200)
    assert not FlagConfig.objects.filter(flag=flag, environment=production, enabled=True).exists()
    assert AuditEvent.objects.count() == entries


def test_applications_get_their_values_and_their_telemetry_is_kept(
    shop: Project, production: Environment, as_alice: Actor, in_maintenance: None
) -> None:
    create_flag(shop, {"key": "checkout"}, actor=as_alice)
    _, key = services.create_api_key(kind="server", scope=production, name="Web", actor=as_alice)
    client, headers = Client(), {"X-API-Key": key}

    asked = client.post(
        "/api/v1/sdk/flags", {"context": {"targetingKey": "u"}}, content_type="application/json", headers=headers
    )
    told = client.post("/api/v1/sdk/events", batch(), content_type="application/json", headers=headers)

    assert asked.status_code == 200
    assert told.status_code == 202, told.content
    assert TelemetryBatch.objects.count() == 1


def test_what_the_worker_does_by_itself_waits_and_is_done_afterwards(
    in_maintenance: None, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(running, "run", lambda now: done.append("rollouts"))

    assert [task() for task in (run_rollouts, watch_guardrails, sweep_purges, purge_logs)] == [0, 0, 0, 0]
    assert done == []

    services.change_runtime_settings({"maintenance": None}, actor=system)
    runtime.load()
    run_rollouts()

    assert done == ["rollouts"]
    assert run_rollouts.name == "analytics.tasks.run_rollouts"


def test_pages_say_so_above_all_and_whoever_runs_it_can_end_it(
    in_maintenance: None, root: Client, browser: Browser, alice: User
) -> None:
    page = browser(alice).get("/organizations/acme/projects/shop/flags/").content.decode()

    assert WHY in page
    assert "maintenance.js" in page
    assert "End it" not in page
    assert "End it" in root.get("/system/").content.decode()
    assert root.post("/system/settings/", {"maintenance": "off"}).status_code == 302
    runtime.load()
    assert not maintenance.is_on()
    assert WHY not in root.get("/system/").content.decode()
    events = AuditEvent.objects.filter(verb="runtime_setting.changed", object_name="maintenance").order_by("position")
    assert [event.after["value"] for event in events] == [True, False]


def test_nobody_else_can_end_it(in_maintenance: None, browser: Browser, alice: User, charlie: User) -> None:
    for person in (alice, charlie):
        assert browser(person).post("/system/settings/", {"maintenance": "off"}).status_code == 404
    runtime.load()
    assert maintenance.is_on()


def test_a_terminal_begins_and_ends_it(shop: Project) -> None:
    call_command("maintenance", "on", "--reason", WHY, stdout=StringIO())
    runtime.load()
    assert WHY in maintenance.told()
    call_command("maintenance", "off", stdout=StringIO())
    runtime.load()
    assert not maintenance.is_on()
    assert "(" not in maintenance.told()
