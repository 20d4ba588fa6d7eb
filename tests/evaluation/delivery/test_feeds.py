"""What one stream is owed."""

import json
from typing import Any

import pytest

from evaluation.core.context import context_from
from evaluation.core.delta import apply
from evaluation.delivery import replay as replays
from evaluation.delivery.feeds import RulesFeed, ValuesFeed
from evaluation.wire.frames import Message
from tests.evaluation.delivery.conftest import MakeHeld, known

NOON = {"attribute": "now", "op": "after", "values": ["2020-01-01T00:00:00Z"]}


def data(message: Message | None) -> dict[str, Any]:
    assert message is not None
    decoded: dict[str, Any] = json.loads(message.data)
    return decoded


def a_values_feed(since: int | None = None, *, client: bool = True) -> ValuesFeed:
    return ValuesFeed("production", context_from({"targetingKey": "u1"}), client=client, since=since)


class TestRules:
    def test_the_first_message_is_the_whole_manifest(self, held: MakeHeld) -> None:
        one = held(1, checkout={})

        message = RulesFeed().next(one, known(one))

        assert message is not None
        assert message.kind == "put"
        assert data(message) == {
            "version": 1,
            "signature": "",
            "freshness": "",
            "manifest": json.loads(one.content),
        }

    def test_a_change_is_a_delta_that_leads_to_the_new_manifest(self, held: MakeHeld) -> None:
        one, two = held(1, checkout={}, banner={}), held(2, checkout={"enabled": False})
        feed = RulesFeed(since=1)

        delta = data(feed.next(two, known(one, two)))

        assert (delta["from"], delta["to"], list(delta["flags"]), delta["removed_flags"]) == (
            1,
            2,
            ["checkout"],
            ["banner"],
        )
        assert apply(json.loads(one.content), delta) == json.loads(two.content)

    def test_whoever_is_there_already_is_owed_nothing(self, held: MakeHeld) -> None:
        one = held(1, checkout={})

        assert RulesFeed(since=1).next(one, known(one)) is None

    @pytest.mark.parametrize("since", [0, 7, 10**15])
    def test_an_unknown_version_is_owed_the_whole(self, since: int, held: MakeHeld) -> None:
        one = held(1, checkout={})

        message = RulesFeed(since=since).next(one, known(one))

        assert message is not None
        assert message.kind == "put"

    def test_whoever_missed_many_gets_one_delta(self, held: MakeHeld) -> None:
        versions = [held(number, checkout={"enabled": bool(number % 2)}) for number in range(1, 6)]

        delta = data(RulesFeed(since=1).next(versions[-1], known(*versions)))

        assert (delta["from"], delta["to"]) == (1, 5)

    def test_clients_at_the_same_version_share_one_message(self, held: MakeHeld) -> None:
        one, two = held(1, checkout={}), held(2)
        replay = known(one, two)

        assert RulesFeed(since=1).next(two, replay) is RulesFeed(since=1).next(two, replay)

    def test_what_is_kept_is_bounded_in_number_and_bytes(self, held: MakeHeld, monkeypatch: pytest.MonkeyPatch) -> None:
        many = known(*(held(number) for number in range(1, 100)))
        monkeypatch.setattr(replays, "KEPT_BYTES", 1)
        few = known(held(1), held(2), held(3))

        assert [many.at(83) is None, many.at(84) is None] == [True, False]
        assert [few.at(1) is None, few.at(2) is None] == [True, False]


class TestValues:
    def test_the_first_message_is_the_body_of_flags(self, held: MakeHeld) -> None:
        one = held(1, checkout={})

        message = a_values_feed().next(one, known(one))

        assert data(message)["environment"] == "production"
        assert data(message)["flags"]["checkout"]["value"] is True

    def test_a_change_names_only_what_this_client_sees_change(self, held: MakeHeld) -> None:
        one = held(1, checkout={}, banner={}, hidden={"client_visible": False})
        two = held(
            2, checkout={"enabled": False, "version": 2}, banner={}, hidden={"client_visible": False, "version": 2}
        )
        feed = a_values_feed()
        feed.next(one, known(one))

        delta = data(feed.next(two, known(one, two)))

        assert (delta["from"], delta["to"], list(delta["flags"]), delta["removed"]) == (1, 2, ["checkout"], [])
        assert delta["flags"]["checkout"]["value"] is False

    def test_who_says_nothing_of_itself_shares_what_changed_with_its_kind_alone(self, held: MakeHeld) -> None:
        hidden = {"client_visible": False}
        one, two = (
            held(1, checkout={}, hidden=hidden),
            held(2, checkout={"enabled": False}, hidden={**hidden, "enabled": False}),
        )
        replay = known(one, two)
        kinds = (True, True, False, False)
        feeds = [ValuesFeed("production", context_from({}), client=client, since=1) for client in kinds]

        first, second, server, its_twin = [feed.next(two, replay) for feed in feeds]

        assert first is second
        assert server is its_twin
        assert list(data(first)["flags"]) == ["checkout"]
        assert list(data(server)["flags"]) == ["checkout", "hidden"]
        assert data(a_values_feed(since=1).next(two, replay)) == data(first)

    def test_a_flag_that_went_away_is_removed(self, held: MakeHeld) -> None:
        one, two = held(1, checkout={}, banner={}), held(2, checkout={}, banner={"client_visible": False})
        feed = a_values_feed()
        feed.next(one, known(one))

        assert data(feed.next(two, known(one, two)))["removed"] == ["banner"]

    def test_a_change_that_this_client_cannot_see_still_moves_its_version(self, held: MakeHeld) -> None:
        one, two = held(1, checkout={}), held(2, checkout={}, hidden={"client_visible": False})
        feed = a_values_feed()
        feed.next(one, known(one))

        assert data(feed.next(two, known(one, two))) == {"from": 1, "to": 2, "flags": {}, "removed": []}

    def test_a_client_that_returns_gets_what_changed_meanwhile(self, held: MakeHeld) -> None:
        one, two = held(1, checkout={}, banner={}), held(2, checkout={"enabled": False}, banner={})

        delta = data(a_values_feed(since=1).next(two, known(one, two)))

        assert (delta["from"], list(delta["flags"])) == (1, ["checkout"])

    def test_a_client_that_returns_to_the_same_version_is_owed_nothing(self, held: MakeHeld) -> None:
        one = held(1, checkout={})

        assert a_values_feed(since=1).next(one, known(one)) is None

    @pytest.mark.parametrize("since", [0, 99])
    def test_a_version_that_is_not_known_is_owed_the_whole(self, since: int, held: MakeHeld) -> None:
        one = held(1, checkout={})

        message = a_values_feed(since=since).next(one, known(one))

        assert message is not None
        assert message.kind == "put"

    def test_where_rules_read_the_clock_nobody_knows_what_a_returning_client_had(self, held: MakeHeld) -> None:
        one = held(1, sale={"rules": [{"id": "r", "if": NOON, "serve": {"variant": "on"}}]})

        message = a_values_feed(since=1).next(one, known(one))

        assert message is not None
        assert message.kind == "put"

    def test_time_alone_changes_nothing_where_no_rule_reads_the_clock(self, held: MakeHeld) -> None:
        one = held(1, checkout={})
        feed = a_values_feed()
        feed.next(one, known(one))

        assert feed.tick(one, known(one)) is None

    def test_a_value_that_reads_like_no_change_is_a_change(self, held: MakeHeld) -> None:
        rules = [{"id": "r", "if": NOON, "serve": {"variant": "on"}}]
        value: dict[str, Any] = {"flags": {}, "removed": []}
        one = held(1, odd={"type": "json", "variants": {"on": value, "off": {}}, "rules": rules})
        feed = a_values_feed()
        feed.next(one, known(one))
        feed._told = {"odd": b"what it was a minute ago"}

        assert data(feed.tick(one, known(one)))["flags"]["odd"]["value"] == value

    def test_at_a_heartbeat_time_may_have_changed_a_value(
        self, held: MakeHeld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = held(1, sale={"rules": [{"id": "r", "if": NOON, "serve": {"variant": "off"}}]})
        feed = a_values_feed()
        feed.next(one, known(one))
        feed._told = {"sale": b"what it was a minute ago"}

        delta = data(feed.tick(one, known(one)))

        assert (delta["from"], delta["to"], list(delta["flags"])) == (1, 1, ["sale"])
        assert feed.tick(one, known(one)) is None
