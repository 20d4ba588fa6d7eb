"""Test data: flags without a server, judged as the real ones."""

from typing import Any

import pytest

from evaluation.sdk.testing import TestData

pytest_plugins = ["evaluation.sdk.pytest_plugin"]


@pytest.mark.parametrize(
    ("asked", "value", "default"),
    [
        ("boolean_value", True, False),
        ("string_value", "hello", ""),
        ("integer_value", 7, 0),
        ("double_value", 0.5, 0.0),
        ("object_value", {"a": [1]}, {}),
        ("object_value", [1, 2], []),
    ],
)
def test_a_value_is_set_in_a_line(asked: str, value: Any, default: Any, flagforge: TestData) -> None:
    flagforge.set("flag", value)

    assert getattr(flagforge.client(), asked)("flag", default) == value


def test_a_change_is_seen_at_once_by_every_client(flagforge: TestData) -> None:
    first, second = flagforge.client(), flagforge.client()
    heard: list[frozenset[str]] = []
    first.on_change(heard.append)

    flagforge.set("checkout", True)

    assert first.is_enabled("checkout")
    assert second.is_enabled("checkout")
    assert heard == [{"checkout"}]
    assert first.state == "fresh"
    flagforge.remove("checkout")
    assert first.boolean_details("checkout", False).error_code == "FLAG_NOT_FOUND"


def test_flags_may_be_named_at_the_beginning() -> None:
    assert TestData(checkout=True, banner="hi").client().all_flags() == {"checkout": True, "banner": "hi"}


def test_targets_and_rules_are_judged_in_their_order(flagforge: TestData) -> None:
    colours = {"blue": "#00f", "red": "#f00", "green": "#0f0"}
    adults = {"attribute": "age", "op": "gte", "values": [18]}
    flagforge.flag("banner", colours).target("red", "alice").rule("green", adults, country=["LV", "IN"]).serves("blue")
    client = flagforge.client()

    def variant(**context: Any) -> tuple[str, str]:
        details = client.string_details("banner", "", context)
        return details.variant, details.reason

    assert variant(targetingKey="alice", country="LV", age=20) == ("red", "TARGETING_MATCH")
    assert variant(targetingKey="bob", country="LV", age=20) == ("green", "TARGETING_MATCH")
    assert variant(targetingKey="bob", country="LV", age=17) == ("blue", "DEFAULT")
    assert variant(targetingKey="bob", country="DE", age=20) == ("blue", "DEFAULT")


def test_a_segment_is_who_is_in_it(flagforge: TestData) -> None:
    flagforge.segment("staff", "alice", rules=[{"attribute": "email", "op": "ends_with", "values": ["@acme.com"]}])
    flagforge.flag("beta").rule("on", {"segment": "staff"}).serves("off")
    client = flagforge.client()

    asked = [{"targetingKey": "alice"}, {"targetingKey": "bob"}, {"targetingKey": "bob", "email": "bob@acme.com"}]

    assert [client.boolean_value("beta", False, context) for context in asked] == [True, False, True]


def test_a_split_shares_people_out(flagforge: TestData) -> None:
    flagforge.flag("beta").splits(on=25, off=75)
    client = flagforge.client()

    served = sum(client.boolean_value("beta", False, {"targetingKey": f"user-{n}"}) for n in range(2_000))

    assert 400 < served < 600


def test_a_flag_is_disabled_and_enabled(flagforge: TestData) -> None:
    flag = flagforge.flag("checkout").off()
    client = flagforge.client()

    assert client.boolean_details("checkout", True).reason == "DISABLED"
    flag.off("off")
    assert client.boolean_value("checkout", True) is False
    flag.on()
    assert client.boolean_value("checkout", False) is True
    flag.serves(None)
    assert client.boolean_details("checkout", True).variant == ""


def test_metadata_come_with_the_answer(flagforge: TestData) -> None:
    flagforge.flag("checkout").metadata(team="shop", level=2)

    assert flagforge.client().boolean_details("checkout", False).metadata == {"team": "shop", "level": 2}


@pytest.mark.parametrize(
    "make",
    [
        lambda data: data.set("flag", None),
        lambda data: data.flag("flag", {}),
        lambda data: data.flag("flag", {"a": 1, "b": "two"}),
        lambda data: data.flag("flag").serves("unknown"),
        lambda data: data.flag("flag").rule("on", {"attribute": "age", "op": "equls", "values": [1]}),
        lambda data: data.flag("flag").rule("on", {"segment": "unknown"}),
        lambda data: data.flag("flag").splits(on=50),
    ],
)
def test_what_no_flag_may_be_is_refused(make: Any, flagforge: TestData) -> None:
    flagforge.set("other", 1)
    client = flagforge.client()

    with pytest.raises(ValueError, match=r"."):
        make(flagforge)

    assert client.boolean_details("flag", True).error_code in ("FLAG_NOT_FOUND", None)
    assert client.integer_value("other", 0) == 1


def test_rules_that_nobody_signed_are_for_offline_clients() -> None:
    data = TestData(checkout=True)

    with pytest.raises(ValueError, match="nobody signed"):
        data.client(mode="streaming")
