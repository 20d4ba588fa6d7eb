"""Flags, states and segments edited by form: through the services, with refusals that lose nothing."""

from collections.abc import Callable

import pytest

from flags import services
from flags.models import Flag, FlagConfig, Segment
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, Project, User
from tenants.services import create_environment, create_project
from tests.conftest import Browser
from tests.flags.admin.conftest import CONFIGS, FLAGS, filled_in, page_of, text_of

pytestmark = pytest.mark.django_db
SEGMENTS = "/admin/flags/segment/"


def test_member_makes_a_flag(browser: Browser, bob: User, shop: Project) -> None:
    typed = {"project": shop.pk, "key": "banner", "type": "string", "variants": '{"red": "#d33"}', "kind": "release"}

    answer = browser(bob).post(f"{FLAGS}add/", typed | {"tags": "shop, front", "comment": "spring"})

    flag = Flag.objects.get()
    event = AuditEvent.objects.get(verb="flag.created")
    assert answer.status_code == 302
    assert (flag.name, flag.variants, flag.tags) == ("banner", {"red": "#d33"}, ["shop", "front"])
    assert (event.actor_id, event.comment) == (bob.pk, "spring")


def test_a_hidden_flags_page_says_what_client_keys_get(
    browser: Browser, bob: User, shop: Project, system: Actor
) -> None:
    body = {"key": "secret", "type": "boolean", "client_visible": False}
    flag = services.create_flag(shop, body, actor=system).thing

    page = text_of(browser(bob).get(f"{FLAGS}{flag.pk}/change/"))

    assert "When off, client keys (browsers, phones) get FLAG_NOT_FOUND" in page


def test_a_state_with_a_split_can_be_sent_back_as_it_was_shown(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    split = {"split": {"weights": {"on": 25, "off": 75}}}
    config = configured(checkout, rules=[{"id": "r1", "serve": split}], fallthrough=split)
    client = browser(bob)
    form = client.get(page_of(config)).context["adminform"].form

    shown = {bound.html_name: bound.value() for bound in form}
    answer = client.post(page_of(config), {name: value for name, value in shown.items() if value not in (None, False)})

    config.refresh_from_db()
    assert answer.status_code == 302, text_of(answer)
    assert config.version == 2


def test_a_flag_cannot_be_made_in_a_project_of_others(
    browser: Browser, charlie: User, globex: object, shop: Project
) -> None:
    typed = {"project": shop.pk, "key": "banner", "type": "boolean", "kind": "release"}

    answer = browser(charlie).post(f"{FLAGS}add/", typed)

    assert "not one of the available choices" in text_of(answer)
    assert "Shop" not in text_of(answer)
    assert not Flag.objects.exists()


def test_a_refused_flag_keeps_what_was_typed(browser: Browser, bob: User, shop: Project, checkout: Flag) -> None:
    typed = {
        "project": shop.pk,
        "key": "Checkout",
        "type": "boolean",
        "kind": "release",
        "description": "typed with care",
    }

    answer = browser(bob).post(f"{FLAGS}add/", typed)

    page = text_of(answer)
    assert "exists already" in page
    assert "typed with care" in page
    assert Flag.objects.count() == 1


def test_editing_a_flag_is_told_once(browser: Browser, bob: User, checkout: Flag) -> None:
    typed = {
        "name": "The checkout",
        "variants": '{"on": true, "off": false}',
        "kind": "release",
        "client_visible": "on",
        "salt": checkout.salt,
        "version": "1",
        "metadata": "{}",
    }

    browser(bob).post(f"{FLAGS}{checkout.pk}/change/", typed)

    checkout.refresh_from_db()
    assert (checkout.name, checkout.version) == ("The checkout", 2)
    assert AuditEvent.objects.filter(verb="flag.edited").count() == 1


def test_faults_stand_at_their_field_with_their_path(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    config = configured(checkout)
    rules = (
        '[{"id": "r1", "if": {"attribute": "country", "op": "equls", "values": ["IN"]}, "serve": {"variant": "on"}}]'
    )

    answer = browser(bob).post(page_of(config), filled_in(config) | {"rules": rules})

    errors = answer.context["adminform"].form.errors
    assert errors["rules"][0].startswith("rules[0].if.op: unknown operator")
    assert "equls" in text_of(answer)


@pytest.mark.parametrize("rules", ['[{"id": ', '[{"id": 1, "id": 2}]', "[NaN]"])
def test_what_is_no_json_stays_as_it_was_typed(
    rules: str, browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    config = configured(checkout)

    answer = browser(bob).post(page_of(config), filled_in(config) | {"rules": rules})

    form = answer.context["adminform"].form
    assert "This cannot be read" in form.errors["rules"][0]
    assert form["rules"].value() == rules


def test_a_conflict_loses_nothing(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig], as_ada: Actor
) -> None:
    config = configured(checkout)
    mine = filled_in(config) | {"targets": '[{"variant": "on", "values": ["ann"]}]', "comment": "ann asked"}
    services.set_targets(
        checkout, config.environment, [{"variant": "on", "values": ["zoe"]}], actor=as_ada, comment="first"
    )
    client = browser(bob)

    answer = client.post(page_of(config), mine)

    form = answer.context["adminform"].form
    page = text_of(answer)
    assert "You edited version 2; Ada saved version 3" in page
    assert "What you typed is still here" in page
    assert form["targets"].value() == mine["targets"]
    assert [error for error in form.errors["targets"] if "Now saved here" in error and '"zoe"' in error]
    assert (form["comment"].value(), form["version"].value()) == ("ann asked", "3")

    client.post(page_of(config), mine | {"version": form["version"].value()})

    config.refresh_from_db()
    assert config.targets == [{"variant": "on", "values": ["ann"]}]


def test_saving_unchanged_writes_nothing(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    config = configured(checkout, rules=[{"id": "r1", "serve": {"split": {"weights": {"on": 25, "off": 75}}}}])
    before = AuditEvent.objects.count()

    answer = browser(bob).post(page_of(config), filled_in(config))

    assert answer.status_code == 302
    assert AuditEvent.objects.count() == before


def test_a_state_nobody_touched_is_edited_from_the_page_of_the_flag(
    browser: Browser, bob: User, checkout: Flag, development: Environment
) -> None:
    client = browser(bob)
    address = f"{CONFIGS}add/?flag={checkout.pk}&environment={development.pk}"

    link = address.replace("&", "&amp;") in text_of(client.get(f"{FLAGS}{checkout.pk}/change/"))
    form = client.get(address).context["adminform"].form
    typed = {name: form[name].value() or "" for name in form.fields} | {"enabled": "on"}
    answer = client.post(address, typed)

    assert link
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert FlagConfig.objects.get().enabled


def test_viewer_reads_a_state_and_cannot_save_it(
    browser: Browser, vera: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    config = configured(checkout)
    client = browser(vera)

    read = client.get(page_of(config))
    saved = client.post(page_of(config), filled_in(config) | {"enabled": ""})

    assert read.status_code == 200
    assert "<textarea" not in text_of(read)
    assert saved.status_code == 403


def test_history_tells_who_changed_what_and_why(
    browser: Browser, vera: User, checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    services.toggle_flag(checkout, development, enabled=True, actor=as_bob, comment="the pilot begins")
    config = FlagConfig.objects.get()

    answer = browser(vera).get(page_of(config, "history"))

    page = text_of(answer)
    assert "Version 2, changed by Bob" in page
    assert "the pilot begins" in page
    assert [change.field for change in answer.context["entries"][0].changes] == ["enabled"]


def test_a_segment_is_made_and_edited(browser: Browser, bob: User, shop: Project) -> None:
    client = browser(bob)

    client.post(f"{SEGMENTS}add/", {"project": shop.pk, "key": "staff", "included": '["user-1"]'})
    segment = Segment.objects.get()
    typed = {"name": "Staff", "included": '["user-1", "user-2"]', "excluded": "", "rules": "", "version": "1"}
    client.post(f"{SEGMENTS}{segment.pk}/change/", typed)

    segment.refresh_from_db()
    assert (segment.name, segment.included, segment.version) == ("Staff", ["user-1", "user-2"], 2)


def test_a_state_is_not_put_into_another_project(
    browser: Browser, ada: User, acme: Organization, checkout: Flag, development: Environment, system: Actor
) -> None:
    other = create_project(acme, key="other", name="Other", actor=system)
    elsewhere = create_environment(other, key="live", name="Live", actor=system)
    address = f"{CONFIGS}add/?flag={checkout.pk}&environment={development.pk}"

    answer = browser(ada).post(address, {"flag": checkout.pk, "environment": elsewhere.pk, "enabled": "on"})

    assert "belong to different projects" in text_of(answer)
    assert not FlagConfig.objects.exists()
