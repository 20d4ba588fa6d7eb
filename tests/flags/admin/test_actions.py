"""Actions on flags and their states: who may, where, and each exactly once."""

from collections.abc import Callable

import pytest

from flags import services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, User
from tenants.permissions import grant
from tenants.roles import Role
from tests.conftest import Browser
from tests.flags.admin.conftest import FLAGS, act_on, page_of, text_of

pytestmark = pytest.mark.django_db


def is_on(flag: Flag, environment: Environment) -> bool:
    return FlagConfig.objects.filter(flag=flag, environment=environment, enabled=True).exists()


def test_member_turns_a_flag_on_in_development(
    browser: Browser, bob: User, checkout: Flag, development: Environment
) -> None:
    answer = act_on(browser(bob), [checkout], "turn_on", environment="development", comment="pilot")

    event = AuditEvent.objects.get(verb="flag.toggled")
    assert answer.status_code == 302
    assert is_on(checkout, development)
    assert (event.actor_id, event.comment, event.ip) == (bob.pk, "pilot", "127.0.0.1")


def test_member_cannot_toggle_in_protected_production(
    browser: Browser, bob: User, checkout: Flag, development: Environment, production: Environment
) -> None:
    answer = act_on(browser(bob), [checkout], "turn_on", environment="production")

    assert "production is not one of the available choices" in text_of(answer)
    assert not AuditEvent.objects.filter(verb="flag.toggled").exists()


def test_a_role_on_production_by_name_opens_it(
    browser: Browser, vera: User, checkout: Flag, production: Environment
) -> None:
    grant(vera, Role.MEMBER, production)

    act_on(browser(vera), [checkout], "turn_on", environment="production")

    assert is_on(checkout, production)


@pytest.mark.parametrize("action", ["turn_on", "turn_off", "kill", "archive", "unarchive", "delete"])
def test_viewer_cannot_do_anything(
    action: str, browser: Browser, vera: User, checkout: Flag, development: Environment
) -> None:
    before = AuditEvent.objects.count()

    act_on(browser(vera), [checkout], action, environment="development")
    answer = browser(vera).post(
        f"{FLAGS}{checkout.pk}/do/{action}/", {"confirmed": "yes", "environment": "development"}
    )

    assert answer.status_code == 403
    assert AuditEvent.objects.count() == before


def test_several_flags_are_turned_on_at_once(
    browser: Browser, bob: User, a_flag: Callable[..., Flag], development: Environment
) -> None:
    flags = [a_flag("one"), a_flag("two")]

    act_on(browser(bob), flags, "turn_on", environment="development")

    assert all(is_on(flag, development) for flag in flags)
    assert AuditEvent.objects.filter(verb="flag.toggled").count() == 2


def test_what_is_refused_is_asked_again_and_the_rest_is_done(
    browser: Browser, bob: User, a_flag: Callable[..., Flag], development: Environment, system: Actor
) -> None:
    fine, archived = a_flag("fine"), a_flag("old")
    services.archive_flag(archived, actor=system)

    answer = act_on(browser(bob), [fine, archived], "turn_on", environment="development", comment="both, please")

    page = text_of(answer)
    assert is_on(fine, development)
    assert "old is archived; unarchive it first" in page
    assert "both, please" in page
    assert f'value="{archived.pk}"' in page
    assert f'value="{fine.pk}"' not in page


def test_killing_asks_first_and_names_the_place(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig], development: Environment
) -> None:
    config = configured(checkout)
    client = browser(bob)

    asked = client.get(page_of(config, "do", "kill"))
    still_on = is_on(checkout, development)
    client.post(page_of(config, "do", "kill"), {"confirmed": "yes", "comment": "it burns"})

    assert "checkout in development" in text_of(asked)
    assert still_on
    assert not is_on(checkout, development)
    assert AuditEvent.objects.get(verb="flag.killed").comment == "it burns"


def test_a_rollout_is_set_in_per_cent(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    config = configured(checkout)
    answers = {"confirmed": "yes", "rule": "", "weight_on": "25", "weight_off": "75", "version": config.version}

    browser(bob).post(page_of(config, "do", "set_rollout"), answers)

    config.refresh_from_db()
    assert config.fallthrough is not None
    assert config.fallthrough["split"]["weights"] == {"on": 25, "off": 75}


def test_weights_that_do_not_sum_up_keep_what_was_typed(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    config = configured(checkout)
    answers = {"confirmed": "yes", "rule": "", "weight_on": "25", "weight_off": "70", "version": config.version}

    answer = browser(bob).post(page_of(config, "do", "set_rollout"), answers)

    page = text_of(answer)
    assert "fallthrough.split.weights" in page
    assert 'value="70"' in page


def test_rolling_back_saves_the_earlier_state_anew(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    config = configured(checkout, targets=[{"variant": "on", "values": ["ann"]}])
    config = configured(checkout, targets=[])
    answers = {"confirmed": "yes", "to_version": "2", "version": config.version, "comment": "ann was right"}

    browser(bob).post(page_of(config, "do", "roll_back"), answers)

    config.refresh_from_db()
    assert config.targets == [{"variant": "on", "values": ["ann"]}]
    assert AuditEvent.objects.get(verb="flag.rolled_back").comment == "ann was right"


def test_a_deleted_flag_is_found_and_undeleted(browser: Browser, ada: User, checkout: Flag) -> None:
    client = browser(ada)
    act_on(client, [checkout], "delete")

    hidden, listed = client.get(FLAGS), client.get(f"{FLAGS}?deleted=yes")
    answer = client.post(
        f"{FLAGS}?deleted=yes", {"action": "undelete", "_selected_action": checkout.pk, "confirmed": "yes"}
    )

    assert (hidden.context["cl"].result_count, listed.context["cl"].result_count) == (0, 1)
    assert answer.status_code == 302
    assert Flag.objects.filter(pk=checkout.pk).exists()


def test_member_does_not_find_deleted_flags(browser: Browser, bob: User, checkout: Flag, system: Actor) -> None:
    services.delete_flag(checkout, actor=system)

    answer = browser(bob).get(f"{FLAGS}?deleted=yes")

    assert "checkout" not in text_of(answer)


def test_archiving_and_back(browser: Browser, bob: User, checkout: Flag) -> None:
    client = browser(bob)

    act_on(client, [checkout], "archive")
    archived = Flag.objects.get().archived_at
    act_on(client, [checkout], "unarchive")

    assert archived is not None
    assert Flag.objects.get().archived_at is None
