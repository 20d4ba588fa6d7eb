"""The page of a flag, as a browser without scripts uses it: read, edit, review, save."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from flags import documents, selectors, services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.dashboard.signing_in import LONGEST_KEPT
from tenants.models import AuditEvent, Environment, Organization, User
from tests.conftest import Browser
from tests.flags.dashboard.sent import fields_on, form_on

pytestmark = pytest.mark.django_db
HERE = "/organizations/acme/projects/shop/flags/checkout/environments/development/"
PROTECTED = HERE.replace("development", "production")
SPLIT = {"split": {"weights": {"on": 25, "off": 75}}}
BETA = {"id": "r1", "name": "Beta", "if": {"attribute": "country", "op": "in", "values": ["IN"]}, "serve": SPLIT}


@pytest.fixture
def beta(checkout: Flag, configured: Callable[..., FlagConfig]) -> FlagConfig:
    """The flag with one rule in development."""
    return configured(checkout, rules=[BETA])


@pytest.fixture
def page(browser: Browser, bob: User, checkout: Flag, development: Environment) -> Any:
    """Bob's browser."""
    return browser(bob)


def state(checkout: Flag, environment: Environment) -> dict[str, Any]:
    return documents.config_body(selectors.state_of(checkout, environment))


def press(client: Any, answer: Any, do: str, **typed: str) -> Any:
    """Press a button of the draft after typing; the page that comes back."""
    found = client.post(f"{HERE}draft/", fields_on(answer, **typed) | {"do": do})
    assert found.status_code == 200
    return found


def save(client: Any, answer: Any, address: str = HERE, **typed: str) -> Any:
    return client.post(address, fields_on(answer, **typed))


def test_a_rule_is_built_reviewed_and_saved_without_a_script(
    page: Any, checkout: Flag, development: Environment
) -> None:
    first = page.get(HERE)

    answer = press(page, first, "add_rule")
    answer = press(page, answer, "add_condition rules[0].if", **{"rules[0].name": "Beta"})
    typed = {"rules[0].if.attribute": "country", "rules[0].if.values": "IN\r\nLK", "rules[0].serve": "split"}
    answer = press(page, answer, "look", **typed)
    weights = {"rules[0].serve.split.weights.on": "25", "rules[0].serve.split.weights.off": "75"}
    answer = press(page, answer, "look", **weights, comment="Pilot")
    nothing_yet = state(checkout, development)["rules"]
    saved = save(page, answer)

    assert b"if country is any of IN, LK" in answer.content
    assert nothing_yet == []
    assert (saved.status_code, saved["Location"]) == (302, HERE)
    assert state(checkout, development)["rules"] == [
        {
            "id": "r1",
            "name": "Beta",
            "if": {"attribute": "country", "op": "in", "values": ["IN", "LK"]},
            "serve": {"split": {"weights": {"on": 25, "off": 75}}},
        }
    ]
    assert AuditEvent.objects.order_by("-position")[0].comment == "Pilot"


def test_the_toast_after_saving_undoes_it(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment
) -> None:
    before = state(checkout, development)
    save(page, page.get(HERE), **{"rules[0].name": "Gamma"})

    answer = page.get(HERE)
    undo = next(button for button in form_on(answer).buttons if button.get("value") == str(beta.version))
    undone = page.post(undo["formaction"], fields_on(answer) | {undo["name"]: undo["value"]})

    assert b"Saved as version" in answer.content
    assert undone.status_code == 302
    assert state(checkout, development) == before


def test_the_form_of_every_kind_of_condition_sends_back_what_it_was_given(
    page: Any, checkout: Flag, a_flag: Callable[..., Flag], a_segment: Callable[..., Any], development: Environment,
    configured: Callable[..., FlagConfig],
) -> None:  # fmt: skip
    a_flag("payments")
    a_segment("staff")
    odd = {"attribute": "a", "op": "in", "values": ["1", 1, True, " x ", 'say "hi"', "<b>&amp;"], "ignore_case": True}
    nested = {"any": [{"not": {"segment": "staff"}}, {"not": {"all": [odd, {"not": odd}]}}, {"all": [odd]}]}
    ranges = {"split": {"by": "account", "salt": "s", "ranges": [["on", 0, 500], [None, 500, 100_000]]}}
    whole = {
        "off": None,
        "prerequisites": {"all": [{"flag": "payments", "variants": ["on", "off"]}, {"segment": "staff"}]},
        "targets": [{"variant": "off", "values": ["a, b", "u1", "007"]}],
        "rules": [
            {"id": "x", "if": nested, "serve": ranges},
            {"id": "y", "if": odd | {"negate": True}, "serve": SPLIT},
        ],
        "fallthrough": None,
    }
    configured(checkout, **whole)
    before = selectors.state_of(checkout, development)

    saved = save(page, page.get(HERE))

    assert saved.status_code == 302
    assert selectors.state_of(checkout, development).version == before.version
    assert b"Nothing to change" in page.get(HERE).content


def test_a_fault_stands_at_its_input_and_what_was_typed_stays(page: Any, beta: FlagConfig) -> None:
    answer = save(page, page.get(HERE), **{"rules[0].serve.split.weights.on": "a lot", "rules[0].if.attribute": ""})

    assert answer.status_code == 422
    assert "&quot;a lot&quot; is not a weight" in answer.content.decode()
    assert form_on(answer).fields["rules[0].serve.split.weights.on"] == "a lot"
    assert (
        b'value="" list="attributes" placeholder="country" aria-label="Attribute" aria-invalid="true"' in answer.content
    )


def test_nothing_is_blamed_while_somebody_still_fills_it_in(page: Any, beta: FlagConfig) -> None:
    answer = press(page, page.get(HERE), "add_condition rules[0].if")

    assert b"aria-invalid" not in answer.content
    assert b"Before you can save" in answer.content


def test_a_segment_that_is_not_there_is_refused(page: Any, beta: FlagConfig) -> None:
    answer = press(page, page.get(HERE), "add_segment rules[0].if")

    answer = save(page, answer, **{"rules[0].if.all[1].segment": "stuff"})

    assert answer.status_code == 422
    assert b"there is no segment &quot;stuff&quot; in this project" in answer.content


def test_the_review_says_what_changes_and_who_moves(page: Any, beta: FlagConfig) -> None:
    typed = {"rules[0].serve.split.weights.on": "40", "rules[0].serve.split.weights.off": "60"}

    answer = page.post(f"{HERE}review/", fields_on(page.get(HERE), **typed)).content.decode()

    assert "serves 25 % on, 75 % off" in answer
    assert "serves 40 % on, 60 % off" in answer
    assert "15 %" in answer
    assert "off → on" in answer
    assert "Nobody moves the other way." in answer
    assert "<html" not in answer


def test_the_text_and_the_form_are_one_draft(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment
) -> None:
    answer = press(page, page.get(HERE), "as_text", **{"rules[0].name": "Gamma"})
    text = form_on(answer).fields["text"]
    answer = press(page, answer, "as_form", text=text.replace('["IN"]', '["IN", "LK"]'))
    fields = form_on(answer).fields

    assert 'rule r1 "Gamma": country in ["IN"]' in text
    assert (fields["rules[0].name"], fields["rules[0].if.values"]) == ("Gamma", "IN\r\nLK")
    assert "text" not in fields


def test_a_text_that_cannot_be_read_stays_with_its_lines_and_columns(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment
) -> None:
    before = state(checkout, development)
    answer = press(page, page.get(HERE), "as_text")

    for wrong in ("rule r1: country equls 1 serve on", "otherwise serve of", 'rule r1: segment "stuff" serve on'):
        stays = press(page, answer, "as_form", text=wrong)
        refused = save(page, answer, text=wrong)

        assert form_on(stays).fields["text"] == wrong
        assert b"<b>Line 1, column " in stays.content
        assert refused.status_code == 422
        assert form_on(refused).fields["text"] == wrong
    assert state(checkout, development) == before


def test_what_is_not_sound_is_not_shown_as_text(page: Any, beta: FlagConfig) -> None:
    answer = press(page, page.get(HERE), "as_text", **{"rules[0].serve.split.weights.on": "half"})

    assert b"Put right what is marked first" in answer.content
    assert form_on(answer).fields["rules[0].serve.split.weights.on"] == "half"


def test_a_draft_of_another_flag_or_one_made_up_is_not_taken(
    page: Any, beta: FlagConfig, a_flag: Callable[..., Flag]
) -> None:
    a_flag("banner")
    foreign = form_on(page.get(HERE.replace("checkout", "banner"))).fields["draft"]

    for draft in (foreign, "nonsense", ""):
        answer = page.post(f"{HERE}draft/", {"draft": draft, "do": "look", "rules[0].name": "Gamma"})

        assert form_on(answer).fields["rules[0].name"] == "Gamma"


def test_a_draft_comes_back_after_a_session_that_ended(
    page: Any, beta: FlagConfig, bob: User, checkout: Flag, development: Environment
) -> None:
    fields = fields_on(page.get(HERE), **{"rules[0].name": "Gamma", "comment": "why"})

    for address in (HERE, f"{HERE}draft/", f"{HERE}toggle/", f"{HERE}roll-back/"):
        del page.cookies["sessionid"]
        sent = page.post(address, fields | {"do": "look"}, headers={"Referer": f"http://testserver{address}"})
        page.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
        answer = page.get(address)

        assert (sent.status_code, "login" in sent["Location"]) == (302, True)
        assert answer.status_code == 200
        assert form_on(answer).fields["rules[0].name"] == "Gamma"
        assert form_on(answer).fields["comment"] == "why"
        assert b"Your session had ended" in answer.content
    assert state(checkout, development)["rules"][0]["name"] == "Beta"


def test_a_draft_of_200_rules_is_not_too_long_to_be_kept(
    page: Any, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    names = ((f"r{number}", f"Customers of market {number}") for number in range(200))
    configured(checkout, rules=[{**BETA, "id": rule, "name": name} for rule, name in names])

    fields = fields_on(page.get(HERE))

    assert len(urlencode(fields)) < LONGEST_KEPT


def test_the_flag_without_an_environment_leads_to_the_one_where_one_was_last(
    page: Any, beta: FlagConfig, production: Environment
) -> None:
    anywhere = "/organizations/acme/projects/shop/flags/checkout/"
    page.get(anywhere)

    first = page.get(anywhere)["Location"]
    page.get(PROTECTED)
    then = page.get(anywhere)["Location"]

    assert (first, then) == (HERE, PROTECTED)


def test_a_flag_that_nobody_changed_teaches(page: Any, checkout: Flag) -> None:
    answer = page.get(HERE).content

    assert b"Nobody has changed it here yet" in answer
    assert b"No rules yet. A rule gives a variant to whoever matches" in answer
    assert b"Every version that somebody saves stays here" in answer


def test_an_outsider_finds_nothing(browser: Browser, charlie: User, globex: Organization, beta: FlagConfig) -> None:
    client = browser(charlie)

    for part in ("", "draft/", "review/", "news/", "history/", "toggle/", "kill/", "roll-back/", "copy/"):
        assert client.get(f"{HERE}{part}").status_code == 404
        assert client.post(f"{HERE}{part}").status_code == 404
    assert client.get(f"{HERE}x").status_code == 404


def test_two_hundred_rules_are_sent_back_whole(
    page: Any, checkout: Flag, configured: Callable[..., FlagConfig], development: Environment
) -> None:
    configured(checkout, rules=[BETA | {"id": f"r{number}"} for number in range(200)])

    saved = save(page, page.get(HERE), **{"rules[199].name": "Last"})

    assert saved.status_code == 302
    assert state(checkout, development)["rules"][199]["name"] == "Last"


def test_many_targets_are_pasted(page: Any, beta: FlagConfig, checkout: Flag, development: Environment) -> None:
    keys = [f"user-{number}" for number in range(2_000)]

    save(page, page.get(HERE), **{"targets[0].values": ", ".join(keys[:1000]) + "\r\n" + "\r\n".join(keys[1000:])})

    assert state(checkout, development)["targets"] == [{"variant": "on", "values": keys}]


def test_live_news_tells_who_saved_and_nothing_when_nobody_did(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    services.toggle_flag(checkout, development, enabled=False, actor=as_alice)

    news = page.get(f"{HERE}news/?since={beta.version}").content
    none = page.get(f"{HERE}news/?since={beta.version + 1}").content

    assert b"Alice saved version 3." in news
    assert none.strip() == b""


def test_a_condition_without_values_is_warned_of(page: Any, beta: FlagConfig) -> None:
    full = page.post(f"{HERE}review/", fields_on(page.get(HERE))).content.decode()
    empty = page.post(f"{HERE}review/", fields_on(page.get(HERE), **{"rules[0].if.values": ""})).content.decode()

    assert "nobody matches" not in full
    assert "country is any of nothing: nobody matches this until it has values." in empty
