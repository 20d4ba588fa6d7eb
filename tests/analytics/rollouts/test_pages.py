"""The pages of rollouts: made from the page of a flag, watched, steered, and closed to whoever may not."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from analytics.dashboard.rollouts import Shown
from analytics.models import Rollout
from analytics.rollouts import services
from flags import services as flag_services
from flags.models import Flag
from tenants import outbox
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tests.analytics.rollouts.conftest import BY_HAND, Look, Plan, fresh, share
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SHOP = "/organizations/acme/projects/shop/"
NEW = f"{SHOP}flags/checkout/environments/development/new-rollout/"
LINE = f"{SHOP}flags/checkout/environments/development/rollout-line/"
CANARY = {"variant": "on", "rule": "", "preset": "canary", "minutes": "60", "minimum_sample": "0", "begin": "now"}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def page_of(rollout: Rollout) -> str:
    return f"{SHOP}rollouts/{rollout.pk}/"


def test_a_canary_is_started_from_the_page_of_a_flag(browser: Browser, bob: User, checkout: Flag) -> None:
    client = browser(bob)
    assert NEW in text_of(client.get(LINE))

    answer = client.post(NEW, CANARY | {"name": "Friday", "comment": "Slowly"}, follow=True)

    rollout = Rollout.objects.get()
    assert (rollout.name, rollout.status, share(rollout)) == ("Friday", "running", 1)
    assert "1 % get <code>on</code>" in text_of(answer).replace("1.0 %", "1 %")
    assert "everybody to have the step" in text_of(answer) or "the step to be published" in text_of(answer)
    assert "step 1 of 4" in text_of(client.get(LINE))


@pytest.mark.parametrize(
    ("typed", "steps"),
    [
        ({"preset": "blue_green", "minutes": "120"}, [(100, 7200)]),
        ({"minutes": ""}, [(1, None), (5, None), (25, None), (100, 0)]),
        ({"preset": "own", "steps": "0.5 %\n\n 10\n100", "minutes": "5"}, [(0.5, 300), (10, 300), (100, 0)]),
    ],
)
def test_steps_are_those_that_were_typed(
    browser: Browser, bob: User, checkout: Flag, typed: dict[str, str], steps: list[Any]
) -> None:
    browser(bob).post(NEW, CANARY | {"begin": "later"} | typed)

    rollout = Rollout.objects.get()
    assert rollout.status == "planned"
    assert [(step["percent"], step["wait_seconds"]) for step in rollout.steps] == steps


def test_it_starts_at_the_time_that_was_typed(browser: Browser, bob: User, checkout: Flag) -> None:
    browser(bob).post(NEW, CANARY | {"begin": "at", "starts_at": "2030-01-01T10:00"})

    rollout = Rollout.objects.get()
    assert rollout.starts_at is not None
    assert rollout.starts_at.isoformat() == "2030-01-01T10:00:00+00:00"
    assert "Starts by itself on 1 January 2030, 10:00 UTC" in text_of(browser(bob).get(page_of(rollout)))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"preset": "own", "steps": ""}, "from 0.001 to 100"),
        ({"preset": "own", "steps": "one"}, "Write one number a line"),
        ({"preset": "own", "steps": "50\n10"}, "more than the 50 %"),
        ({"begin": "at"}, "Say when."),
        ({"minutes": "-1"}, "greater than or equal to 0"),
        ({"comment": "c" * 2_001}, "at most 2000"),
    ],
)
def test_what_cannot_be_is_said_at_the_form(
    browser: Browser, bob: User, checkout: Flag, typed: dict[str, str], said: str
) -> None:
    answer = browser(bob).post(NEW, CANARY | typed)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Rollout.objects.exists()


def test_one_that_cannot_start_stays_planned_and_says_why(
    browser: Browser, bob: User, checkout: Flag, development: Environment, system: Actor
) -> None:
    flag_services.kill_flag(checkout, development, actor=system)

    answer = browser(bob).post(NEW, CANARY, follow=True)

    assert Rollout.objects.get().status == "planned"
    assert "was killed in development" in text_of(answer)


def test_its_page_says_what_it_waits_for_and_who_is_told(
    browser: Browser, ada: User, go: Plan, acme: Organization, shop: Project, system: Actor
) -> None:
    rollout = go(BY_HAND)
    outbox.drain()
    tenants_services.create_webhook(scope=acme, name="Chat", url="https://chat.example.com/", actor=system)
    tenants_services.create_webhook(
        scope=shop, name="Others", url="https://chat.example.com/", flags=["banner"], actor=system
    )
    tenants_services.create_alert(scope=acme, name="Nights", events=["rollout"], actor=system)
    tenants_services.create_alert(scope=acme, name="Teams", events=["team"], actor=system)

    page = text_of(browser(ada).get(page_of(rollout)))

    assert "somebody to say “next”" in page
    assert "the webhook Chat" in page
    assert "the webhook Others" not in page
    assert "the alert Nights" in page
    assert "the alert Teams" not in page


@pytest.mark.parametrize(
    ("what", "status"),
    [("pause", "paused"), ("stop", "stopped"), ("roll-back", "rolled_back"), ("next", "running")],
)
def test_it_is_steered_by_its_buttons(
    browser: Browser, bob: User, go: Plan, after: Look, what: str, status: str
) -> None:
    rollout, client = after(go(BY_HAND)), browser(bob)
    assert f"{page_of(rollout)}{what}/" in text_of(client.get(page_of(rollout)))
    assert client.get(f"{page_of(rollout)}{what}/").status_code == 200
    assert fresh(rollout).status == "running"

    answer = client.post(f"{page_of(rollout)}{what}/", {"comment": "so"})

    assert answer["Location"] == page_of(rollout)
    assert fresh(rollout).status == status
    assert share(rollout) == {"roll-back": 0, "next": 25}.get(what, 1)


@pytest.mark.parametrize("page", ["", "next/"])
def test_next_pressed_twice_leaves_one_step(browser: Browser, bob: User, go: Plan, after: Look, page: str) -> None:
    rollout, client = after(go(BY_HAND)), browser(bob)
    (shown,) = re.findall(
        r'<input type="hidden" name="step" value="(\d+)"', text_of(client.get(page_of(rollout) + page))
    )

    answers = [client.post(f"{page_of(rollout)}next/", {"step": shown}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 422]
    assert "is already at step 2, and step 1 was meant" in text_of(answers[1])
    assert (share(rollout), fresh(rollout).is_hurried) == (25, False)
    assert share(after(rollout, 90)) == 25


def test_its_course_is_what_each_step_gave_until_now_or_the_end(
    browser: Browser, bob: User, go: Plan, as_bob: Actor
) -> None:
    rollout = go()
    first, second = rollout.taken[0]["at"], timezone.now()

    course = Shown(fresh(rollout)).course(second)

    percent = rollout.steps[0]["percent"]
    assert [(f"{at:%H:%M:%S}", share) for at, share in course] == [
        (first[11:19], percent),
        (f"{second:%H:%M:%S}", percent),
    ]
    assert f'<td data-value="{percent!r}">' in browser(bob).get(page_of(rollout)).content.decode()
    services.roll_back(fresh(rollout), actor=as_bob)
    ended = fresh(rollout)
    assert Shown(ended).course(second)[-1] == (ended.ended_at, 0)


def test_one_that_pauses_says_why_and_goes_on(browser: Browser, bob: User, go: Plan, system: Actor) -> None:
    rollout, client = go(), browser(bob)
    guardrail = Actor.system("guardrail errors")
    services.pause(rollout, actor=guardrail, comment="Too many errors", evidence={"failures": 9})

    page = text_of(client.get(page_of(rollout)))
    assert "Paused by guardrail errors" in page
    assert "Too many errors" in page
    assert "&quot;failures&quot;: 9" in page

    client.post(f"{page_of(rollout)}resume/")
    assert fresh(rollout).status == "running"


def test_what_is_over_is_refused_with_a_reason(browser: Browser, bob: User, go: Plan, as_bob: Actor) -> None:
    rollout = services.stop(go(), actor=as_bob)

    answer = browser(bob).post(f"{page_of(rollout)}next/")

    assert answer.status_code == 422
    assert "is stopped" in text_of(answer)


def test_the_list_shows_those_that_go_on_first(
    browser: Browser, bob: User, go: Plan, plan: Plan, as_bob: Actor
) -> None:
    assert "No rollouts yet" in text_of(browser(bob).get(f"{SHOP}rollouts/"))
    services.stop(go(name="Older"), actor=as_bob)
    plan(name="Newer", starts_at=timezone.now())

    page = text_of(browser(bob).get(f"{SHOP}rollouts/"))

    assert page.index("Newer") < page.index("Older")


def test_a_viewer_sees_no_buttons_and_opens_no_form(browser: Browser, vera: User, go: Plan) -> None:
    rollout, client = go(), browser(vera)

    page = text_of(client.get(page_of(rollout)))

    assert '<form class="card-foot' not in page
    assert client.get(NEW).status_code == 403
    for what in ("start", "next", "pause", "resume", "stop", "roll-back"):
        assert client.post(f"{page_of(rollout)}{what}/").status_code == 403, what
    assert fresh(rollout).status == "running"


def test_in_a_protected_environment_a_member_sees_what_it_would_take(
    browser: Browser, bob: User, plan: Plan, a_flag: Callable[..., Flag], production: Environment, system: Actor
) -> None:
    banner = a_flag("banner", production, enabled=True, fallthrough={"variant": "off"})
    rollout = services.start(plan(flag=banner, environment=production, actor=system), actor=system)

    page = text_of(browser(bob).get(page_of(rollout)))

    assert f"{page_of(rollout)}pause/" in page
    assert f"{page_of(rollout)}roll-back/" not in page
    assert browser(bob).post(f"{page_of(rollout)}next/").status_code == 403


def test_the_admin_shows_it_and_changes_nothing(browser: Browser, alice: User, vera: User, go: Plan) -> None:
    rollout = go()

    page = browser(alice).get(f"/admin/analytics/rollout/{rollout.pk}/change/")

    assert page.status_code == 200
    assert "checkout" in text_of(page)
    assert browser(alice).get("/admin/analytics/rollout/add/").status_code == 403
    assert browser(alice).post(f"/admin/analytics/rollout/{rollout.pk}/delete/").status_code in (403, 404)
    assert Rollout.objects.exists()
