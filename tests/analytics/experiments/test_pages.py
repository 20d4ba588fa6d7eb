"""The pages of experiments, as a browser without scripts uses them: by hand from the first metric to the winner."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from analytics.experiments import services
from analytics.models import Enrolment, ExclusionGroup, Experiment, Metric
from flags.models import Flag, FlagConfig
from flags.services import toggle_flag
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tests.analytics.experiments.conftest import Running
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SHOP = "/organizations/acme/projects/shop/"
ALL = f"{SHOP}experiments/"
CTA = f"{ALL}cta/"
NEW = f"{SHOP}new-experiment/?flag=checkout&environment=development"
SENT = {
    "name": "A shorter checkout",
    "key": "cta",
    "hypothesis": "Fewer pages, more orders",
    "rule": "",
    "control": "off",
    "weight-on": "50",
    "weight-off": "50",
    "primary_metric": "purchases",
    "traffic": "100",
    "group": "",
}


@pytest.fixture
def page(browser: Browser, bob: User, checkout: Flag, purchase: Metric) -> Any:
    """Bob's browser."""
    return browser(bob)


@pytest.fixture
def draft(checkout: Flag, purchase: Metric, shop: Project, system: Actor) -> Callable[..., Experiment]:
    def make(**changes: Any) -> Experiment:
        body = {
            "key": "cta",
            "name": "A shorter checkout",
            "flag": "checkout",
            "environment": "development",
            "control": "off",
            "weights": {"off": 50, "on": 50},
            "primary_metric": "purchases",
        }
        return services.create_experiment(shop, body | changes, actor=system).thing

    return make


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_by_hand_from_a_metric_to_the_winner(page: Any, checkout: Flag, development: Environment) -> None:
    metric = {"name": "Orders", "key": "orders", "kind": "conversion", "event": "order", "goal": "increase"}
    page.post(f"{SHOP}new-metric/", metric)
    asked = text_of(page.get(f"{SHOP}new-experiment/"))
    assert "First: which flag, and where?" in asked

    form = text_of(page.get(NEW))
    assert 'value="50.0"' in form
    answer = page.post(NEW, SENT | {"primary_metric": "orders"}, follow=True)
    assert "is a draft: nothing is served by it yet" in text_of(answer)

    assert "50 % off, 50 % on from now on" in text_of(page.get(f"{CTA}start/"))
    answer = page.post(f"{CTA}start/", {"comment": "Go"}, follow=True)
    assert "A shorter checkout is running." in text_of(answer)
    assert "Undo in the flag" in text_of(answer)

    page.post(f"{CTA}stop/", {})
    answer = page.post(f"{CTA}conclude/", {"winner": "on"}, follow=True)
    assert "on</span> won" in text_of(answer)
    assert Experiment.objects.get().winner == "on"
    assert FlagConfig.objects.get(flag=checkout, environment=development).fallthrough == {"variant": "on"}


def test_undo_rolls_the_flag_back(page: Any, draft: Any, checkout: Flag, development: Environment) -> None:
    draft()
    before = FlagConfig.objects.get(flag=checkout, environment=development).fallthrough
    answer = text_of(page.post(f"{CTA}start/", {}, follow=True))
    button = re.search(r'formaction="([^"]+)" name="to_version" value="(\d+)"', answer)
    assert button

    page.post(button[1].replace("&amp;", "&"), {"to_version": button[2]})

    assert FlagConfig.objects.get(flag=checkout, environment=development).fallthrough == before
    assert "Changed by hand" in text_of(page.get(CTA))
    assert "Somebody changed the flag by hand" in text_of(page.get(CTA))


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(page: Any) -> None:
    answer = page.post(NEW, SENT | {"weight-on": "70", "key": "has space", "traffic": "101"})

    assert answer.status_code == 422
    form = answer.context["form"]
    assert form["traffic"].errors
    answer = page.post(NEW, SENT | {"weight-on": "70"})
    assert answer.context["form"]["weight-on"].errors
    assert 'value="70"' in text_of(answer)
    answer = page.post(NEW, SENT | {"key": "has space"})
    assert answer.context["form"]["key"].errors
    assert not Experiment.objects.exists()


def test_a_running_one_lets_more_in_and_keeps_what_decides_it(page: Any, draft: Any, purchase: Metric) -> None:
    draft(traffic=20.0)
    page.post(f"{CTA}start/", {})
    version = Experiment.objects.get().version

    form = text_of(page.get(f"{CTA}edit/"))
    assert re.search(r'name="control"[^>]* disabled', form)
    page.post(f"{CTA}edit/", SENT | {"traffic": "40", "control": "on", "version": str(version)})

    found = Experiment.objects.get()
    assert (found.traffic, found.control) == (40.0, "off")


def test_one_that_ended_is_edited_after_the_flag_was_cleaned_up(page: Any, running: Running) -> None:
    ended = running(status="concluded", rule_id="r1", control="grey", weights={"on": 50, "grey": 50})

    form = text_of(page.get(f"{CTA}edit/"))
    assert "r1, which the flag does not have any more" in form
    answer = page.post(f"{CTA}edit/", {"name": "It sold more", "version": "1", "weight-grey": "7"}, follow=True)

    assert "Saved." in text_of(answer)
    ended.refresh_from_db()
    assert (ended.name, ended.rule_id, ended.control) == ("It sold more", "r1", "grey")
    assert ended.weights == {"on": 50, "grey": 50}


def test_a_draft_says_which_variant_the_flag_lost(page: Any, running: Running) -> None:
    running(status="draft", started_at=None, rule_id="r1", weights={"on": 50, "off": 30, "grey": 20})
    sent = SENT | {"rule": "r1", "version": "1", "weight-off": "30", "weight-grey": "20"}

    answer = page.post(f"{CTA}edit/", sent)

    assert "the flag has no such variant" in str(answer.context["form"]["weight-grey"].errors)
    page.post(f"{CTA}edit/", sent | {"weight-off": "50", "weight-grey": ""})
    found = Experiment.objects.get()
    assert (found.weights, found.rule_id) == ({"on": 50.0, "off": 50.0}, "r1")


def test_who_edited_first_is_not_overwritten(page: Any, draft: Any) -> None:
    draft()
    sent = SENT | {"version": "1"}
    page.post(f"{CTA}edit/", sent | {"name": "First"})

    answer = page.post(f"{CTA}edit/", sent | {"name": "Second"})

    assert "You edited version 1" in text_of(answer)
    assert Experiment.objects.get().name == "First"


def test_the_list_says_how_it_goes(page: Any, running: Running, draft: Any) -> None:
    experiment = running("old", status="concluded", winner="on", rule_id="gone")
    Enrolment.with_deleted.bulk_create(
        Enrolment(
            organization_id=experiment.organization_id,
            experiment=experiment,
            subject=number.to_bytes(16),
            variant="on",
            first_at=timezone.now(),
            is_public=False,
        )
        for number in range(3)
    )
    draft()

    listed = text_of(page.get(ALL))

    assert "on won" in listed
    assert ">3</td>" in listed
    assert listed.count("<tr>") == 3
    assert page.get(f"{ALL}?status=draft").content.count(b"row-name") == 1
    assert "None is running" in text_of(page.get(f"{ALL}?status=running"))


def test_groups_are_shown_as_bars_of_ranges(page: Any, draft: Any, shop: Project, system: Actor) -> None:
    page.post(f"{SHOP}new-exclusion-group/", {"name": "Checkout", "key": "checkout", "holdout": "10"})
    draft(group="checkout", traffic=30.0)
    assert "60" not in text_of(page.get(f"{SHOP}exclusion-groups/"))
    assert "Checkout, 90 % free in Development" in text_of(page.get(NEW))
    page.post(f"{CTA}start/", {})

    shown = text_of(page.get(f"{SHOP}exclusion-groups/"))

    assert "A shorter checkout 30 per cent. Held out 10 per cent. Free 60 per cent." in shown
    assert '<rect class="vf" x="90.000%" width="10.000%">' in shown
    assert "The 10 % whom Checkout holds out do not get it" in text_of(page.get(f"{CTA}conclude/"))
    page.post(f"{CTA}conclude/", {"winner": ""})
    shown = text_of(page.get(f"{SHOP}exclusion-groups/"))
    assert "checkout (over, still split) 30 per cent. Held out 10 per cent. Free 60 per cent." in shown


def test_a_group_and_a_metric_in_use_are_not_deleted(page: Any, browser: Browser, ada: User, draft: Any) -> None:
    page.post(f"{SHOP}new-exclusion-group/", {"name": "Checkout", "key": "checkout", "holdout": "0"})
    draft(group="checkout")
    admin = browser(ada)

    assert "cannot be deleted" in text_of(admin.post(f"{SHOP}metrics/purchases/delete/", {}))
    assert "cannot be deleted" in text_of(admin.post(f"{SHOP}exclusion-groups/checkout/delete/", {}))
    admin.post(f"{CTA}delete/", {})
    admin.post(f"{SHOP}exclusion-groups/checkout/delete/", {})
    admin.post(f"{SHOP}metrics/purchases/delete/", {})
    assert (Experiment.objects.count(), ExclusionGroup.objects.count(), Metric.objects.count()) == (0, 0, 0)


def test_a_metric_and_a_group_are_edited(page: Any, shop: Project, system: Actor) -> None:
    services.create_group(shop, {"key": "checkout", "name": "Checkout"}, actor=system)
    metric = {"name": "Orders paid", "kind": "conversion", "event": "purchase", "goal": "increase", "version": "1"}

    page.post(f"{SHOP}metrics/purchases/", metric)
    page.post(f"{SHOP}exclusion-groups/checkout/", {"name": "Till", "holdout": "5", "version": "1"})

    assert Metric.objects.get().name == "Orders paid"
    assert (ExclusionGroup.objects.get().name, ExclusionGroup.objects.get().holdout) == ("Till", 5.0)
    answer = page.post(f"{SHOP}metrics/purchases/", metric | {"kind": "ratio", "version": ""})
    assert answer.context["form"]["denominator_event"].errors


@pytest.mark.parametrize("what", ["start", "stop", "conclude", "delete", "edit"])
def test_a_viewer_looks_and_does_nothing(browser: Browser, vera: User, draft: Any, what: str) -> None:
    draft()
    page = browser(vera)

    assert page.get(CTA).status_code == 200
    assert f"{CTA}{what}/" not in text_of(page.get(CTA))
    assert page.post(f"{CTA}{what}/", SENT).status_code == 403
    for made in ("new-experiment", "new-metric", "new-exclusion-group"):
        assert page.get(f"{SHOP}{made}/").status_code == 403
        assert f"{SHOP}{made}/" not in text_of(page.get(ALL))


def test_in_a_protected_environment_it_takes_an_admin(
    page: Any, browser: Browser, ada: User, draft: Any, checkout: Flag, production: Environment, system: Actor
) -> None:
    toggle_flag(checkout, production, enabled=True, actor=system)
    draft(environment="production")

    assert page.post(f"{CTA}start/", {}).status_code == 403
    browser(ada).post(f"{CTA}start/", {})
    assert Experiment.objects.get().status == "running"


def test_an_outsider_finds_nothing(browser: Browser, charlie: User, draft: Any) -> None:
    draft()
    for address in (ALL, CTA, f"{CTA}start/", f"{SHOP}metrics/", f"{SHOP}exclusion-groups/", NEW):
        assert browser(charlie).get(address).status_code == 404
