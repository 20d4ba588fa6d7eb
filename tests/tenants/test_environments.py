"""Environments: made, edited, deleted, brought back."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent, Project
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid


def test_the_newest_environment_stands_last(as_ada: Actor, shop: Project) -> None:
    for key in ("development", "staging", "production"):
        services.create_environment(shop, key=key, name=key.title(), actor=as_ada)

    assert [environment.key for environment in Environment.objects.all()] == ["development", "staging", "production"]


def test_a_new_environment_asks_to_be_published(as_ada: Actor, shop: Project) -> None:
    environment = services.create_environment(shop, key="staging", name="Staging", color="violet", actor=as_ada)

    assert OutboxEvent.objects.get(environment=environment).topic == "environment.created"
    event = AuditEvent.objects.get(verb="environment.created")
    assert event.environment_id == environment.id
    assert event.after == {"key": "staging", "name": "Staging", "color": "violet", "is_protected": False}


def test_an_unknown_color_is_refused_with_those_there_are(as_ada: Actor, shop: Project) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_environment(shop, key="staging", name="Staging", color="pink", actor=as_ada)

    [fault] = caught.value.faults
    assert fault.path == "color"
    assert fault.message == "Choose one of lake, violet, ember, moss, rose, slate."


def test_editing_touches_only_what_was_given(as_ada: Actor, development: Environment) -> None:
    services.edit_environment(development, is_protected=True, actor=as_ada)

    edited = Environment.objects.get()
    assert (edited.is_protected, edited.name, edited.color) == (True, "Development", "lake")
    assert AuditEvent.objects.get(verb="environment.edited").after == {"is_protected": True}


def test_editing_works_on_the_row_as_it_is_now(as_ada: Actor, development: Environment) -> None:
    services.edit_environment(development, name="Dev", actor=as_ada)

    services.edit_environment(development, color="rose", actor=as_ada)

    edited = Environment.objects.get()
    assert (edited.name, edited.color) == ("Dev", "rose")


def test_a_deleted_key_stays_reserved_until_it_comes_back(as_ada: Actor, development: Environment) -> None:
    services.delete_environment(development, actor=as_ada)

    with pytest.raises(Conflict, match="Undelete it"):
        services.create_environment(development.project, key="development", name="Again", actor=as_ada)
    services.undelete_environment(development, actor=as_ada)
    assert Environment.objects.get() == development


def test_undeletion_waits_for_the_project(as_ada: Actor, shop: Project, development: Environment) -> None:
    services.delete_environment(development, actor=as_ada)
    services.delete_project(shop, actor=as_ada)

    with pytest.raises(Conflict, match="undelete the project first"):
        services.undelete_environment(development, actor=as_ada)


def test_nothing_is_made_in_a_deleted_project(as_ada: Actor, shop: Project) -> None:
    services.delete_project(shop, actor=as_ada)

    with pytest.raises(Project.DoesNotExist):
        services.create_environment(shop, key="staging", name="Staging", actor=as_ada)


def test_deletion_remembers_who_did_it(as_ada: Actor, development: Environment) -> None:
    services.delete_environment(development, actor=as_ada, comment="unused")

    deleted = Environment.with_deleted.get()
    assert deleted.deleted_by_id == as_ada.id
    assert deleted.history.first().history_change_reason == "unused"
    assert OutboxEvent.objects.filter(topic="environment.deleted", environment=development).exists()


def test_environments_are_arranged(as_ada: Actor, development: Environment, production: Environment) -> None:
    services.arrange_environments(production.project, keys=["production", "development"], actor=as_ada)

    assert [one.key for one in Environment.objects.all()] == ["production", "development"]


@pytest.mark.parametrize("keys", [["production"], ["production", "production"], ["production", "staging"], []])
def test_an_order_names_each_environment_once(
    keys: list[str], as_ada: Actor, development: Environment, production: Environment
) -> None:
    with pytest.raises(Invalid, match="development, production"):
        services.arrange_environments(production.project, keys=keys, actor=as_ada)


def test_a_member_arranges_nothing(as_bob: Actor, development: Environment, production: Environment) -> None:
    with pytest.raises(NotAllowed):
        services.arrange_environments(production.project, keys=["production", "development"], actor=as_bob)

    assert [one.key for one in Environment.objects.all()] == ["development", "production"]
