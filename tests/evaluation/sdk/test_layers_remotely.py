"""Overrides, moments and OpenFeature where the server evaluates."""

from collections.abc import Iterator

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent

from evaluation.sdk.client import Client
from evaluation.sdk.provider import FlagForgeProvider
from tests.evaluation.sdk.conftest import Connect, until
from tests.evaluation.sdk.edge import CLIENT_KEY, Edge, a_flag


@pytest.fixture
def remote(connect: Connect) -> Iterator[Client]:
    client = connect(sdk_key=CLIENT_KEY, mode="remote", context={"targetingKey": "alice"}, polling_seconds=0.2)
    assert client.wait_until_ready(10)
    yield client
    api.clear_providers()


def test_an_override_goes_before_the_servers_value(remote: Client) -> None:
    alice = {"targetingKey": "alice"}

    with remote.override("checkout", False), remote.override("banner", "hello"):
        assert remote.boolean_value("checkout", True, alice) is False
        assert remote.string_details("checkout", "?", alice).error_code == "TYPE_MISMATCH"
        assert remote.all_flags(alice) == {"banner": "hello", "checkout": False}

    assert remote.boolean_value("checkout", False, alice) is True


def test_a_moment_counts_what_was_served(remote: Client) -> None:
    with remote.moment() as moment:
        remote.boolean_value("checkout", False, {"targetingKey": "alice"})
        moment.has_failed = True

    assert remote._outcomes.take() == [{"flag": "checkout", "variant": "on", "requests": 1, "errors": 1}]


def test_openfeature_asks_and_hears_of_changes(remote: Client, edge: Edge) -> None:
    heard: list[object] = []
    api.set_provider_and_wait(FlagForgeProvider(remote))
    asking, alice = api.get_client(), EvaluationContext("alice")
    api.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, lambda said: heard.append(said.flags_changed))

    assert asking.get_boolean_value("checkout", False, alice) is True
    edge.publish(checkout=a_flag(False))

    until(lambda: heard == [["checkout"]])
    assert asking.get_boolean_value("checkout", True, alice) is False
