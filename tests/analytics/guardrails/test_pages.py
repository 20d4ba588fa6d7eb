"""The pages of guardrails: what stands there in plain words, who finds which button, and what comes of pressing it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.dashboard import guardrails
from analytics.dashboard.guardrail_plots import plot_of
from analytics.guardrails import measuring, watching
from analytics.guardrails.services import create_guardrail, dismiss_guardrail
from analytics.models import Guardrail, GuardrailPoint, Metric
from flags.models import Flag
from flags.services import toggle_flag
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tests.analytics.experiments.conftest import Running
from tests.analytics.experiments.conftest import purchase as purchase
from tests.analytics.experiments.conftest import running as running
from tests.analytics.experiments.recorded import record
from tests.analytics.guardrails.conftest import ERRORS, Report
from tests.conftest import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.pages]
SHOP = "/organizations/acme/projects/shop/"
FLAG = f"{SHOP}flags/checkout/environments/development/"
TYPED = {
    "name": "Checkout fails",
    "variant": "on",
    "control": "",
    "budget": "2.5",
    "alpha": "1",
    "min_sample": "50",
    "action": "kill",
}


def page_of(guardrail: Guardrail) -> str:
    return f"{FLAG}guardrails/{guardrail.pk}/"


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def bobs(browser: Browser, bob: User) -> Client:
    client: Client = browser(bob)
    return client


def breached(report: Report) -> None:
    report(requests=500, errors=400)
    watching.look(now=timezone.now())


def test_shares_are_typed_in_per_cent(bobs: Client, served: Flag, bob: User) -> None:
    answer = bobs.post(f"{FLAG}new-guardrail/", TYPED | {"recipients": [bob.pk]})

    guardrail = Guardrail.objects.get()
    assert answer["Location"] == page_of(guardrail)
    assert (guardrail.budget, guardrail.alpha, guardrail.recipients) == (0.025, 0.01, [bob.pk])
    edited = bobs.post(f"{page_of(guardrail)}edit/", TYPED | {"budget": "7", "is_dry_run": "on"})
    assert edited.status_code == 302
    assert 'value="7.0"' in words(bobs.get(f"{page_of(guardrail)}edit/"))
    assert Guardrail.objects.get().budget == 0.07
    assert Guardrail.objects.get().is_dry_run


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(bobs: Client, served: Flag) -> None:
    answer = bobs.post(f"{FLAG}new-guardrail/", TYPED | {"budget": "100"})

    assert answer.status_code == 422
    assert "A share above 0 and below 1" in words(answer)
    assert 'value="100"' in words(answer)
    assert not Guardrail.objects.exists()


def test_prometheus_is_for_admins_and_its_token_is_on_no_page(
    browser: Browser, ada: User, bobs: Client, served: Flag
) -> None:
    typed = {
        "name": "Latency",
        "url": "https://prometheus.example.com",
        "token": "s3cret",
        "query": "up",
        "is_above": "below",
        "budget": "1",
        "samples": "3",
        "action": "tell",
    }
    address = f"{FLAG}new-guardrail/?source=prometheus"

    assert bobs.post(address, typed).status_code == 403
    admin = browser(ada)
    assert admin.post(address, typed).status_code == 302
    guardrail = Guardrail.objects.get()

    assert (guardrail.is_above, guardrail.action) == (False, "tell")
    for page in (page_of(guardrail), f"{page_of(guardrail)}edit/"):
        assert "s3cret" not in words(admin.get(page))
    sealed = guardrail.sealed_token
    assert admin.post(f"{page_of(guardrail)}edit/", typed | {"token": "", "name": "Up"}).status_code == 302
    assert (Guardrail.objects.get().name, Guardrail.objects.get().sealed_token) == ("Up", sealed)


def test_a_metric_is_chosen_and_its_page_says_what_is_compared(
    bobs: Client, served: Flag, purchase: Metric, running: Running
) -> None:
    address = f"{FLAG}new-guardrail/?source=metric"
    typed = {"name": "Sales", "metric": "purchases", "variant": "on", "budget": "10", "alpha": "1", "min_sample": "100"}
    assert '<option value="purchases">Purchases</option>' in words(bobs.get(address))

    assert "Below 1 where more is better" in words(bobs.post(address, typed | {"budget": "100", "action": "kill"}))
    assert bobs.post(address, typed | {"action": "kill"}).status_code == 302

    guardrail = Guardrail.objects.get()
    assert (guardrail.source, guardrail.metric, guardrail.budget) == ("metric", "purchases", 0.1)
    assert "The running experiment says nothing of on yet" in words(bobs.get(page_of(guardrail)))
    measuring.measure(now=timezone.now())
    page = words(bobs.get(page_of(guardrail)))
    assert "Nothing could be compared: no experiment with on is running" in page
    assert "100 subjects of each" in page
    record(running(started_at=timezone.now()), [("on", [("purchase", 0, None)]), ("off", [])] * 150)
    measuring.measure(now=timezone.now() + timedelta(hours=6))
    page = words(bobs.get(page_of(guardrail)))
    assert "purchases of on at most 10 % worse than of the control" in page
    assert "Purchases is 1 with on (150 subjects) and 0 with off (150), so at least 0 is allowed, since" in page
    assert 'value="10.0"' in words(bobs.get(f"{page_of(guardrail)}edit/"))
    assert "purchases is 1 with on" in words(bobs.get(f"{FLAG}guardrails/"))


def test_where_there_is_no_metric_the_form_leads_to_them(bobs: Client, served: Flag, shop: Project) -> None:
    address = f"{FLAG}new-guardrail/?source=metric"
    note = f'There is no metric yet. <a href="{SHOP}metrics/">'
    assert note in words(bobs.get(address))
    assert "There is no metric yet" not in words(bobs.get(f"{FLAG}new-guardrail/"))

    Metric.objects.create(organization=shop.organization, project=shop, key="m", kind="mean", event="e")

    assert note not in words(bobs.get(address))


def test_its_page_says_what_it_saw_in_plain_words(bobs: Client, guardrail: Guardrail, report: Report) -> None:
    assert "No request of on was reported since it was armed" in words(bobs.get(page_of(guardrail)))
    report(requests=500, errors=5)
    watching.look(now=timezone.now())

    page = words(bobs.get(page_of(guardrail)))

    assert "errors of on at most 2 %" in page
    assert "5 of 500 requests (1 %) of on failed since" in page
    assert 'data-series="budget">Budget' in page
    assert "Stop watching" in page


def test_a_breach_says_what_happened_and_how_sure_that_is(bobs: Client, guardrail: Guardrail, report: Report) -> None:
    breached(report)

    page = words(bobs.get(page_of(guardrail)))

    assert "checkout: turned off." in page
    assert "400 of 500 requests (80 %) of on failed since" in page
    assert "would come less than once in a thousand million watches" in page
    assert "breached" in words(bobs.get(f"{SHOP}guardrails/"))


def test_who_turns_the_flag_on_again_is_told_that_nothing_watches_it(
    bobs: Client, guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor
) -> None:
    breached(report)
    assert "The flag is on again" not in words(bobs.get(f"{FLAG}guardrails/"))
    toggle_flag(guardrail.flag, development, enabled=True, actor=as_bob)

    assert "The flag is on again, and Checkout fails does not watch it" in words(bobs.get(f"{FLAG}guardrails/"))
    answer = bobs.post(f"{page_of(guardrail)}arm/", {"comment": "Fixed"}, follow=True)

    assert "Checkout fails watches again, from now on" in words(answer)
    assert Guardrail.objects.get().state == "watching"


def test_buttons_are_for_those_who_may(
    browser: Browser, vera: User, bobs: Client, ada: User, guardrail: Guardrail
) -> None:
    viewers, members, admins = (words(client.get(page_of(guardrail))) for client in (browser(vera), bobs, browser(ada)))

    assert "Stop watching" not in viewers
    assert "Stop watching" in members
    assert "Delete…" not in members
    assert "Delete…" in admins
    assert "New guardrail" not in words(browser(vera).get(f"{FLAG}guardrails/"))
    assert browser(vera).post(f"{page_of(guardrail)}dismiss/").status_code == 403
    assert browser(vera).get(f"{FLAG}new-guardrail/").status_code == 403


def test_it_is_dismissed_and_deleted(bobs: Client, browser: Browser, ada: User, guardrail: Guardrail) -> None:
    assert "watches no more" in words(bobs.post(f"{page_of(guardrail)}dismiss/", follow=True))
    assert bobs.post(f"{page_of(guardrail)}delete/").status_code == 403
    answer = browser(ada).post(f"{page_of(guardrail)}delete/", {"comment": ""}, follow=True)

    assert "Deleted: Checkout fails." in words(answer)
    assert "Nothing watches this flag here" in words(answer)


def test_of_more_than_a_page_shows_those_that_are_breached_are_on_it(
    bobs: Client, guardrail: Guardrail, development: Environment, monkeypatch: pytest.MonkeyPatch, as_bob: Actor
) -> None:
    monkeypatch.setattr(guardrails, "MOST_SHOWN", 2)
    last = create_guardrail(guardrail.flag, development, ERRORS | {"name": "Zebra"}, actor=as_bob)
    create_guardrail(guardrail.flag, development, ERRORS | {"name": "Ape"}, actor=as_bob)
    Guardrail.objects.filter(pk=last.pk).update(state="breached")

    page = words(bobs.get(f"{SHOP}guardrails/"))

    assert "Checkout fails" not in page
    assert page.index("Zebra") < page.index("Ape")


def test_an_outsider_finds_nothing(browser: Browser, charlie: User, guardrail: Guardrail) -> None:
    client = browser(charlie)

    for address in (page_of(guardrail), f"{FLAG}guardrails/", f"{SHOP}guardrails/"):
        assert client.get(address).status_code == 404


def test_many_minutes_are_drawn_together(guardrail: Guardrail, report: Report, as_bob: Actor) -> None:
    for minute in range(250):
        start = guardrail.armed_at.replace(second=0, microsecond=0) + timedelta(minutes=minute)
        point = {"organization": guardrail.organization, "guardrail": guardrail, "start": start}
        GuardrailPoint.objects.create(**point, variant="on", trials=100, failures=minute % 3)
    dismiss_guardrail(guardrail, actor=as_bob)

    plot = plot_of(guardrail)

    assert plot is not None
    assert len(plot.points) == 84
    assert sum(point.counts[1] for point in plot.points) == 25_000
    assert (plot.budget, plot.top) == (2.0, 2)


@pytest.mark.parametrize(
    ("value", "shown"), [(1.7e308, "1.7e+308"), (-1.7e308, "-1.7e+308"), (5e-324, "4.94066e-324"), (2.5e20, "2.5e+20")]
)
def test_whatever_prometheus_answers_its_page_shows_it(
    bobs: Client, guardrail: Guardrail, value: float, shown: str
) -> None:
    Guardrail.objects.filter(pk=guardrail.pk).update(source="prometheus", query="up", budget=value)
    GuardrailPoint.objects.create(
        organization=guardrail.organization, guardrail=guardrail, start=timezone.now(), value=value
    )

    page = words(bobs.get(page_of(guardrail)))

    assert f">{shown}</td>" in page
    assert not re.search(r"\b(inf|nan)\b", page.partition("<figure")[2].partition("</figure>")[0])


def test_with_a_control_both_are_drawn(
    served: Flag, development: Environment, as_bob: Actor, report: Report, bobs: Client
) -> None:
    guardrail = create_guardrail(served, development, ERRORS | {"control": "off", "budget": 0.5}, actor=as_bob)
    report(requests=100, errors=2)
    report(requests=100, errors=4, variant="off")

    plot = plot_of(guardrail)

    assert plot is not None
    assert [(point.value, point.control) for point in plot.points] == [(2.0, 4.0)] or len(plot.points) == 2
    assert plot.budget is None
    assert "at most 50 % more often than of off" in words(bobs.get(page_of(guardrail)))
