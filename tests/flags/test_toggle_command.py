"""`manage.py toggle`."""

import io

import pytest
from django.core.management import CommandError, call_command

from evaluation.models import ManifestHead
from flags import selectors, services
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Project

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "acme/shop/development"


@pytest.fixture
def checkout(shop: Project, development: Environment, system: Actor) -> Flag:
    flag: Flag = services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system).thing
    return flag


def toggle(*arguments: str) -> str:
    output = io.StringIO()
    call_command("toggle", *arguments, stdout=output)
    return output.getvalue()


def test_it_turns_a_flag_on_and_publishes(checkout: Flag, development: Environment) -> None:
    said = toggle(PLACE, "checkout", "on", "--comment", "launch")

    assert said == f"checkout is now on in {PLACE}.\n"
    assert selectors.state_of(checkout, development).enabled
    assert ManifestHead.objects.filter(environment=development).exists()
    event = AuditEvent.objects.get(verb="flag.toggled")
    assert (event.actor_name, event.comment) == ("command line", "launch")


def test_it_says_when_nothing_changed(checkout: Flag) -> None:
    assert toggle(PLACE, "checkout", "off") == f"checkout was already off in {PLACE}.\n"


def test_it_refuses_an_archived_flag(checkout: Flag, system: Actor) -> None:
    services.archive_flag(checkout, actor=system)

    with pytest.raises(CommandError, match="archived"):
        toggle(PLACE, "checkout", "on")


@pytest.mark.parametrize("place", ["acme", "acme/shop", "acme/shop/moon", "globex/shop/development", "a/b/c/d"])
def test_it_names_an_environment_that_is_not_there(place: str, checkout: Flag) -> None:
    with pytest.raises(CommandError, match="There is no environment"):
        toggle(place, "checkout", "on")


def test_it_names_a_flag_that_is_not_there(checkout: Flag) -> None:
    with pytest.raises(CommandError, match="There is no flag nothing"):
        toggle(PLACE, "nothing", "on")
