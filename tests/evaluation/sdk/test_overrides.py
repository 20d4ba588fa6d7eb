"""What a developer overrides is served, marked, told in the log, and of the flag's type."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from evaluation.sdk.client import Client
from evaluation.sdk.details import Details
from tests.evaluation.sdk.conftest import Connect, until
from tests.evaluation.sdk.edge import SECRET, Edge, a_flag

Log = pytest.LogCaptureFixture


@pytest.fixture
def client(edge: Edge, connect: Connect) -> Client:
    made = connect()
    made.wait_until_ready(10)
    return made


def test_an_override_is_served_until_it_is_removed(client: Client) -> None:
    override = client.override("checkout", False)

    assert client.boolean_value("checkout", True) is False
    assert client.is_enabled("checkout") is False
    assert client.all_flags() == {"checkout": False}
    assert client.overrides == {"checkout": False}
    override.remove()
    override.remove()
    assert client.boolean_value("checkout", False) is True
    assert client.overrides == {}


def test_an_override_ends_with_its_block_and_brings_the_one_before_back(edge: Edge, client: Client) -> None:
    client.override("price", 1)

    with client.override("price", 2):
        with client.override("price", 3):
            assert client.integer_value("price", 0) == 3
        assert client.integer_value("price", 0) == 2

    assert client.integer_value("price", 0) == 1


def test_the_details_say_that_it_is_an_override(client: Client) -> None:
    client.override("checkout", False)

    details = client.boolean_details("checkout", True)

    assert details == Details("checkout", False, "override", "OVERRIDE", metadata={"override": "call"})


def test_an_override_outlives_a_change_and_is_not_counted(edge: Edge, client: Client) -> None:
    with client.override("checkout", False):
        edge.publish(checkout=a_flag(), other=a_flag())
        until(lambda: client.boolean_value("other", False))
        assert client.boolean_value("checkout", True) is False

    assert 'flag="checkout"' not in client.prometheus_metrics()


@pytest.mark.parametrize("value", ["yes", 1, None, {"on": True}])
def test_an_override_of_another_type_than_the_flags_is_refused(value: Any, client: Client) -> None:
    with pytest.raises(ValueError, match=r"not a boolean"):
        client.override("checkout", value)

    assert client.boolean_value("checkout", False) is True


@pytest.mark.parametrize("value", [None, {1, 2}, float("nan"), 2**60])
def test_what_no_flag_can_hold_is_refused(value: Any, client: Client) -> None:
    with pytest.raises(ValueError, match=r"."):
        client.override("new", value)

    assert client.overrides == {}


def test_a_double_may_be_overridden_without_a_point(edge: Edge, client: Client) -> None:
    edge.publish(rate=a_flag(0.5, value_type="double"))
    until(lambda: client.version == 2)

    client.override("rate", 2)

    assert repr(client.double_value("rate", 0.0)) == "2.0"


def test_whoever_listens_hears_of_overrides(client: Client) -> None:
    heard: list[frozenset[str]] = []
    client.on_change(heard.append)

    with client.override("checkout", False):
        assert heard == [{"checkout"}]

    assert heard == [{"checkout"}, {"checkout"}]


def test_a_file_overrides_before_any_rules_came(tmp_path: Path, connect: Connect) -> None:
    file = tmp_path / "flags.json"
    file.write_text(json.dumps({"checkout": False, "banner": "hello"}))

    client = connect(overrides=file, base_url="http://127.0.0.1:9")

    assert client.boolean_value("checkout", True) is False
    assert client.string_details("banner", "").metadata == {"override": "file"}
    assert client.boolean_details("other", True).error_code == "PROVIDER_NOT_READY"


def test_the_environment_overrides_what_the_file_says(
    tmp_path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "flags.json"
    file.write_text('{"banner": "file", "other": "file"}')
    monkeypatch.setenv("FLAGFORGE_OVERRIDES", '{"banner": "environment"}')

    client = connect(overrides=file)

    assert client.string_details("banner", "").metadata == {"override": "environment"}
    assert (client.string_value("banner", ""), client.string_value("other", "")) == ("environment", "file")


def test_the_environment_may_name_a_file(tmp_path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "flags.json"
    file.write_text('{"checkout": false}')
    monkeypatch.setenv("FLAGFORGE_OVERRIDES", str(file))

    assert connect().boolean_value("checkout", True) is False


def test_a_file_that_is_not_there_overrides_nothing(tmp_path: Path, connect: Connect) -> None:
    assert connect(overrides=tmp_path / "flags.json").overrides == {}


@pytest.mark.parametrize("content", ["nonsense", "[]", '{"checkout": null}', '{"checkout": 1e999}'])
def test_a_file_of_nonsense_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "flags.json"
    file.write_text(content)

    with pytest.raises(ValueError, match=r"flags\.json cannot be used"):
        Client(SECRET, "http://127.0.0.1:9", overrides=file)


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Client(SECRET, "http://127.0.0.1:9", overrides=tmp_path)


@pytest.mark.parametrize("said", ["{nonsense", '{"checkout": null}'])
def test_nonsense_in_the_environment_is_a_line_in_the_log(
    said: str, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: Log
) -> None:
    monkeypatch.setenv("FLAGFORGE_OVERRIDES", said)

    client = connect()

    assert client.overrides == {}
    assert "FLAGFORGE_OVERRIDES cannot be used" in caplog.text


def test_what_is_overridden_is_told_once(edge: Edge, client: Client, caplog: Log) -> None:
    for _ in range(3):
        with client.override("checkout", False):
            client.boolean_value("checkout", True)

    (told,) = [record for record in caplog.records if "overridden" in record.message]
    assert told.levelno == logging.WARNING
    assert "checkout = False (call)" in told.message


def test_an_override_whose_type_turns_out_wrong_is_not_used_and_told_once(
    edge: Edge, connect: Connect, caplog: Log
) -> None:
    client = connect(overrides={"checkout": "yes"})
    client.wait_until_ready(10)
    edge.publish(checkout=a_flag(version=2))
    until(lambda: client.version == 2)

    assert client.boolean_value("checkout", False) is True
    assert caplog.text.count("the override of checkout (call) is not used") == 1


def test_whatever_is_asked_beside_an_override_nothing_is_raised(client: Client) -> None:
    client.override("checkout", False)
    nonsense: Any = []

    assert client.boolean_details(nonsense, True).error_code == "GENERAL"
    assert client.all_flags(nonsense) == {}
