"""Tenants are kept apart in every table: an organization column, a `visible_to`, and nothing for the outsider."""

from copy import deepcopy
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from analytics.attributes.services import classify_attributes
from analytics.guardrails.services import create_guardrail
from analytics.models import (
    DayTally,
    Enrolment,
    ExclusionGroup,
    Experiment,
    GuardrailPoint,
    HeldOut,
    HiddenKey,
    HourTally,
    Metric,
    MinuteTally,
    Outcome,
    ResultSnapshot,
    SeenAttribute,
    StaleReminder,
    SubjectSample,
    TelemetryBatch,
)
from analytics.rollouts import services as rollouts
from analytics.rollouts.steps import Step
from evaluation.models import ConvergenceReport
from flags.models import Flag
from flags.services import (
    create_flag,
    create_segment,
    create_trigger,
    delete_segment,
    put_config,
    save_view,
    watch_flag,
)
from flags.watching.following import follow
from tenants import audit, outbox, services
from tenants.actors import Actor
from tenants.alerts.raising import raise_alerts
from tenants.models import Environment, Invitation, Mail, Organization, Project, User
from tenants.permissions import actor_of
from tenants.roles import Role
from tests.standing import Ground

APPS = ("tenants", "flags", "evaluation", "analytics")

# Tables that are no tenant's own, and why.
NO_ORGANIZATION_COLUMN = {
    "tenants.Organization": "it is the organization",
    "tenants.HistoricalOrganization": "its id is the organization's",
    "tenants.User": "a person may belong to several organizations",
    "tenants.HistoricalUser": "as the person",
    "tenants.User_groups": "the groups of teams, each of one organization",
    "tenants.User_user_permissions": "Django's own permissions, which are for superusers",
    "tenants.AuditHead": "names its chain, which is the organization's id or the instance",
    "tenants.AuditKey": "the installation signs for all",
    "tenants.BackupRun": "a backup of the whole installation",
    "tenants.KnownDevice": "a browser of a person",
    "tenants.Process": "a process of the installation",
    "tenants.RuntimeSetting": "of the whole installation",
    "evaluation.SigningKey": "the installation signs for all",
}
# Tables that no person ever lists.
NO_VISIBLE_TO = {
    "tenants.AuditHead": "the end of a chain, read by tenants.audit alone",
    "tenants.AuditKey": "read by tenants.audit.signing alone",
    "tenants.BackupRun": "shown to whoever runs the installation",
    "tenants.KnownDevice": "read by tenants.devices alone",
    "tenants.Mail": "read by tenants.outgoing_mail alone",
    "tenants.OutboxEvent": "read by tenants.outbox alone",
    "tenants.Process": "shown to whoever runs the installation",
    "tenants.RuntimeSetting": "the same",
    "evaluation.SigningKey": "read by evaluation.manifest.sign alone",
    "tenants.User_groups": "through the user alone",
    "tenants.User_user_permissions": "through the user alone",
}


def every_model() -> list[type[models.Model]]:
    return [
        model
        for app in apps.get_app_configs()
        if app.label in APPS
        for model in app.get_models(include_auto_created=True)
    ]


def is_history(model: type[models.Model]) -> bool:
    """History is reached through the thing whose history it is, so it needs the column only."""
    return hasattr(model, "history_id")


MODELS = [pytest.param(model, id=model._meta.label) for model in every_model()]
LISTED = [
    pytest.param(model, id=model._meta.label)
    for model in every_model()
    if model._meta.label not in NO_VISIBLE_TO and not is_history(model)
]


@pytest.fixture
def acme_has_everything(as_ada: Actor, acme: Organization, shop: Project, production: Environment) -> None:
    """For other modules, too."""
    make_one_of_everything(acme, shop, production, as_ada)


@pytest.fixture(scope="module")
def everything(ground: Ground) -> None:
    make_one_of_everything(ground.acme, ground.shop, ground.production, actor_of(ground.ada))


def make_one_of_everything(acme: Organization, shop: Project, production: Environment, as_ada: Actor) -> None:
    """At least one row of Acme in every table that is listed; whoever adds a table adds a row here."""
    services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)
    services.create_role(acme, key="support", name="Support", verbs=[], actor=as_ada)
    webhook, _ = services.create_webhook(scope=acme, name="CI", url="https://ci.example.com/", actor=as_ada)
    services.test_webhook(webhook, actor=as_ada)
    services.create_alert(scope=acme, name="News", events=["team"], actor=as_ada)
    services.create_team(acme, key="payments", name="Payments", actor=as_ada)
    Invitation.objects.create(organization=acme, email="new@example.com", role=Role.VIEWER, token_hash="0" * 64)
    create_segment(shop, {"key": "staff", "name": "Staff"}, actor=as_ada)
    _make_a_purge(shop, as_ada)
    _make_a_mail(acme)
    create_flag(shop, {"key": "checkout", "name": "Checkout"}, actor=as_ada)
    put_config(Flag.objects.get(), production, {"enabled": True}, actor=as_ada)
    create_trigger(Flag.objects.get(), production, name="Deploy", action="on", actor=as_ada)
    rollouts.create(Flag.objects.get(), production, variant="off", steps=[Step(1)], actor=as_ada)
    save_view(shop, name="On in production", query="state=production:on", shared=True, actor=as_ada)
    watch_flag(Flag.objects.get(), actor=actor_of(User.objects.get(name="Alice")))
    put_config(Flag.objects.get(), production, {"enabled": True, "off": None}, actor=as_ada)
    follow()
    told_of = {"name": "Checkout fails", "source": "errors", "variant": "on", "budget": 0.02}
    guardrail = create_guardrail(Flag.objects.get(), production, told_of, actor=as_ada)
    GuardrailPoint.objects.create(organization=acme, guardrail=guardrail, start=timezone.now())
    audit.take_all()
    raise_alerts(timezone.now())
    outbox.drain()
    ConvergenceReport.objects.create(
        organization=acme,
        environment=production,
        reporter="1",
        is_relay=True,
        holds=1,
        seen={},
        heard_at=timezone.now(),
    )
    TelemetryBatch.objects.create(
        organization=acme,
        environment=production,
        batch="1",
        key_kind="server",
        received_at=timezone.now(),
        ended_at=timezone.now(),
        day=timezone.now().date(),
        content=b"",
    )
    classify_attributes(shop, {"plan": "plain"}, actor=as_ada)
    SeenAttribute.objects.create(
        organization=acme, environment=production, name="plan", first_seen=timezone.now(), last_seen=timezone.now()
    )
    HiddenKey.objects.create(organization=acme, project=shop, key="old-banner", hidden_at=timezone.now())
    StaleReminder.objects.create(
        organization=acme,
        project=shop,
        flag=Flag.objects.get(),
        owner=User.objects.get(name="Alice"),
        reminded_at=timezone.now(),
    )
    SubjectSample.objects.create(
        organization=acme, environment=production, flag=Flag.objects.get(), day=timezone.now().date()
    )
    _make_an_experiment(Flag.objects.get(), production)
    for tally in (MinuteTally, HourTally, DayTally):
        tally.with_deleted.create(organization=acme, environment=production, start=timezone.now())


def _make_an_experiment(flag: Flag, environment: Environment) -> None:
    place = {"organization": flag.organization, "project": flag.project, "key": "cta", "name": "CTA"}
    Metric.objects.create(**place, kind="conversion", event="purchase")
    group = ExclusionGroup.objects.create(**place, holdout=5)
    experiment = Experiment.objects.create(
        **place, flag=flag, environment=environment, group=group, control="off", weights={"off": 50, "on": 50}
    )
    now, subject = timezone.now(), {"organization": flag.organization, "subject": bytes(16)}
    Enrolment.objects.create(**subject, experiment=experiment, variant="on", first_at=now, is_public=False)
    ResultSnapshot.objects.create(
        organization=flag.organization,
        experiment=experiment,
        day=now.date(),
        taken_at=now,
        seconds=0.1,
        course={},
        document={},
    )
    HeldOut.objects.create(**subject, group=group, environment=environment, seen_at=now)
    Outcome.objects.create(
        **subject, environment=environment, event="purchase", at=now, is_public=False, batch=1, position=0
    )


def _make_a_mail(organization: Organization) -> None:
    user = User.objects.get(name="Alice")
    Mail.objects.create(organization=organization, user=user, recipient=user.email, subject="News", text="", html="")


def _make_a_purge(shop: Project, actor: Actor) -> None:
    segment = create_segment(shop, {"key": "old", "name": "Old"}, actor=actor).thing
    delete_segment(segment, actor=actor)
    services.purge_now(segment, confirm="old", actor=Actor.system())


@pytest.fixture
def acme(ground: Ground, db: None) -> Organization:
    return deepcopy(ground.acme)


@pytest.fixture
def as_alice(ground: Ground) -> Actor:
    return actor_of(ground.alice)


@pytest.mark.parametrize("model", MODELS)
def test_every_table_names_its_organization(model: type[models.Model]) -> None:
    columns = {field.name for field in model._meta.concrete_fields}

    assert ("organization" in columns) != (model._meta.label in NO_ORGANIZATION_COLUMN)


@pytest.mark.parametrize("model", LISTED)
def test_every_listed_table_can_be_walled(model: Any) -> None:
    assert callable(getattr(model.objects, "visible_to", None))


def test_the_exceptions_are_all_still_there() -> None:
    labels = {model._meta.label for model in every_model()}

    assert NO_ORGANIZATION_COLUMN.keys() | NO_VISIBLE_TO.keys() <= labels


@pytest.mark.django_db
@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", LISTED)
def test_the_outsider_sees_no_row_of_acme(model: Any, as_charlie: Actor, as_alice: Actor, acme: Organization) -> None:
    seen_by_the_owner = set(model.objects.visible_to(as_alice))
    seen_by_the_outsider = set(model.objects.visible_to(as_charlie))

    assert seen_by_the_owner, "the fixture makes no row here, so this test would show nothing"
    assert not seen_by_the_outsider & seen_by_the_owner
    assert not seen_by_the_outsider & _rows_of(acme, model)


@pytest.mark.django_db
@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", LISTED)
def test_nobody_sees_rows_of_a_deleted_organization(model: Any, as_alice: Actor, acme: Organization) -> None:
    services.delete_organization(acme, actor=as_alice)

    for actor in (as_alice, Actor.system()):
        if model is not User:  # people stay
            assert not set(model.objects.visible_to(actor)) & _rows_of(acme, model), actor


def _rows_of(organization: Organization, model: Any) -> set[Any]:
    """Every row of the organization, deleted or not."""
    path = {Organization: "pk", User: "memberships__organization"}.get(model, "organization")
    return set(model._base_manager.filter(**{path: organization.pk}))
