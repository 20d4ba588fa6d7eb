"""Every page of the admin as the outsider, as a member, and as a superuser."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from analytics.guardrails.services import create_guardrail
from analytics.models import Experiment
from analytics.rollouts import services as rollouts
from analytics.rollouts.steps import Step
from flags import services as flag_services
from flags.models import Flag
from tenants import outbox, services
from tenants.actors import Actor
from tenants.admin.site import site
from tenants.models import Environment, Organization, OutboxEvent, Project, User
from tenants.roles import Role
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SECRET = "acme-secret"
MODELS = [pytest.param(model, id=model._meta.label) for model in site._registry]
OBJECT_PAGES = ("change", "history", "delete")


@pytest.fixture(autouse=True)
def acme_has_everything(acme: Organization, shop: Project, production: Environment, as_alice: Actor) -> None:
    """At least one row in each table of the admin, with a name that gives it away."""
    services.rename_organization(acme, name=f"{SECRET} company", actor=as_alice)
    services.edit_project(shop, name=f"{SECRET} shop", actor=as_alice)
    services.edit_environment(production, name=f"{SECRET} production", actor=as_alice)
    services.create_api_key(kind="server", scope=production, name=f"{SECRET} key", actor=as_alice)
    services.create_role(acme, key="togglers", name=f"{SECRET} role", verbs=["flag.toggle"], actor=as_alice)
    services.create_team(acme, key="web", name=f"{SECRET} team", actor=as_alice)
    services.invite(production, email=f"{SECRET}@example.com", role=Role.VIEWER, actor=as_alice)
    flag: Flag = flag_services.create_flag(shop, {"key": f"{SECRET}-flag"}, actor=as_alice).thing
    flag_services.create_segment(shop, {"key": f"{SECRET}-segment"}, actor=as_alice)
    flag_services.toggle_flag(flag, production, enabled=True, actor=as_alice, comment=SECRET)
    flag_services.create_trigger(flag, production, name=f"{SECRET} trigger", action="on", actor=as_alice)
    rollouts.create(flag, production, variant="off", steps=[Step(1)], name=f"{SECRET} rollout", actor=as_alice)
    watched = {"name": f"{SECRET} guardrail", "source": "errors", "variant": "on", "budget": 0.02}
    create_guardrail(flag, production, watched, actor=as_alice)
    compared = {"key": "cta", "name": f"{SECRET} experiment", "control": "off", "weights": {"off": 50, "on": 50}}
    Experiment.objects.create(organization=acme, project=shop, flag=flag, environment=production, **compared)
    webhook, _ = services.create_webhook(
        scope=acme, name=f"{SECRET} webhook", url="https://example.com", actor=as_alice
    )
    services.test_webhook(webhook, actor=as_alice)
    gone = services.create_environment(shop, key="gone", name=f"{SECRET} environment", actor=as_alice)
    services.delete_environment(gone, actor=as_alice)
    services.purge_now(gone, confirm="gone", actor=as_alice)
    outbox.drain()


def list_address(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def pages_of(model: Any) -> Iterator[str]:
    """The pages of every row that Acme's owner sees, and of those that nobody but a superuser does."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    rows = (
        model.objects.exclude(pk=User.objects.get(email="charlie@example.com").pk) if model is User else model.objects
    )
    for row in rows.all():
        if getattr(row, "organization_id", None) is not None or model in (Organization, User):
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in OBJECT_PAGES)
            yield reverse(f"{name}_do", args=[row.pk, "kill"])


@pytest.mark.parametrize("model", MODELS)
def test_the_outsider_sees_nothing_of_acme_in_any_list(
    model: Any, browser: Browser, charlie: User, as_charlie: Actor
) -> None:
    client = browser(charlie)

    for query in ("", "?q=acme", "?deleted=yes", "?organization=01ARZ3NDEKTSV4RRFFQ69G5FAV", "?e=1", "?all="):
        answer = client.get(list_address(model) + query)

        assert answer.status_code in ((403,) if model is OutboxEvent else (200, 302, 400)), query
        assert SECRET not in answer.content.decode()
        assert "alice@example.com" not in answer.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_the_outsider_opens_no_page_of_a_row_of_acme(
    model: Any, browser: Browser, charlie: User, globex: Organization
) -> None:
    client = browser(charlie)
    addresses = [address for address in pages_of(model) if not _is_own(address, globex)]

    answers = [answer for address in addresses for answer in (client.get(address), client.post(address, {"post": "1"}))]

    assert addresses
    assert {answer.status_code for answer in answers} <= {302, 403, 404}
    assert all(answer["Location"] == "/admin/" for answer in answers if answer.status_code == 302)


@pytest.mark.parametrize("model", MODELS)
def test_the_outsider_finds_no_hidden_column_by_searching_for_it(
    model: Any, browser: Browser, charlie: User, globex: Organization
) -> None:
    answer = browser(charlie).get(list_address(model), {"password__startswith": "m", "sha256__startswith": "a"})

    assert answer.status_code in (302, 400, 403)


@pytest.mark.parametrize("model", MODELS)
def test_a_superuser_sees_every_list_with_its_rows(model: Any, browser: Browser, root: User) -> None:
    answer = browser(root).get(list_address(model))

    assert answer.status_code == 200
    assert answer.context["cl"].result_count == model.objects.count() > 0


@pytest.mark.parametrize("model", MODELS)
def test_a_superuser_opens_every_page_of_a_row(model: Any, browser: Browser, root: User) -> None:
    client = browser(root)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model.objects.first()

    answers = {page: client.get(reverse(f"{name}_{page}", args=[row.pk])) for page in ("change", "history")}

    assert answers["change"].status_code == 200
    assert answers["history"].status_code == (200 if hasattr(model, "history") else 404)


@pytest.mark.parametrize("model", MODELS)
def test_a_viewer_may_look_and_nothing_else(model: Any, browser: Browser, vera: User) -> None:
    client = browser(vera)
    answer = client.get(list_address(model))

    assert answer.status_code in (200, 403)
    if answer.status_code == 200:
        assert not answer.context["action_form"]
        rows = answer.context["cl"].result_list
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        for row in rows:
            page = client.get(reverse(name, args=[row.pk]))
            assert page.status_code == 200
            assert 'name="_save"' not in page.content.decode()
            assert {button["label"] for button in page.context["buttons"]} <= {"History", "On its page"}


def _is_own(address: str, globex: Organization) -> bool:
    own = [
        globex.pk,
        *globex.memberships.values_list("pk", flat=True),
        *globex.audit_events.values_list("pk", flat=True),
    ]
    own += [str(event) for event in OutboxEvent.objects.filter(organization=globex).values_list("pk", flat=True)]
    return any(f"/{pk}/" in address for pk in own)
