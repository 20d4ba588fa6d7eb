"""How far changes have come: how many have them, how long that took, who lags, and when a kill is effective."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.models import ManifestVersion
from evaluation.wire.delays import bucket_of
from flags import services
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import Environment, User
from tests.evaluation.convergence.conftest import CONVERGENCE, PRODUCTION, Say
from tests.tenants.api.conftest import Caller, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def toggled(checkout: Flag, production: Environment, publish: Callable[[], int], system: Actor) -> Flag:
    """Version 2: the flag is off."""
    services.toggle_flag(checkout, production, enabled=False, actor=system)
    publish()
    return checkout


def newest(program: Caller, query: str = "") -> dict[str, Any]:
    change: dict[str, Any] = program.get(CONVERGENCE + query).json()["changes"][0]
    return change


def test_with_nobody_connected_everybody_has_it(program: Caller, toggled: Flag) -> None:
    document = program.get(CONVERGENCE).json()

    assert (document["version"], document["connected"], document["reporters"]) == (2, 0, [])
    assert document["changes"][0] | {"changed_at": ""} == {
        "version": 2,
        "changed_at": "",
        "changes": [{"topic": "flag.toggled", "key": "checkout", "version": 3}],
        "reached": 0,
        "of": 0,
        "p50_ms": None,
        "p99_ms": None,
        "effective": True,
        "lagging": [],
    }


def test_it_counts_who_has_a_change_and_names_who_lags(program: Caller, toggled: Flag, say: Say) -> None:
    say("edge-1", {2: 60}, holds=2)
    say("edge-2", {2: 58, 1: 2}, holds=2)

    document = program.get(CONVERGENCE).json()

    assert document["by_version"] == [{"version": 2, "instances": 118}, {"version": 1, "instances": 2}]
    change = document["changes"][0]
    assert (change["reached"], change["of"], change["effective"]) == (118, 120, False)
    assert [(each["name"], each["connected"], each["behind"]) for each in change["lagging"]] == [("edge-2", 60, 2)]
    assert document["changes"][1]["effective"] is True


def test_a_relay_without_clients_lags_while_it_would_serve_something_older(
    program: Caller, toggled: Flag, say: Say
) -> None:
    say("edge", {}, holds=1)

    assert [each["name"] for each in newest(program)["lagging"]] == ["edge"]
    say("edge", {}, holds=2)
    assert newest(program)["effective"] is True


def test_who_only_tells_by_telemetry_counts_as_well(program: Caller, toggled: Flag, say: Say) -> None:
    say("edge", {2: 1}, holds=2, instances={"1": 1})

    assert (newest(program)["reached"], newest(program)["of"]) == (1, 2)


def test_the_time_runs_from_the_change_to_the_client(program: Caller, toggled: Flag, say: Say) -> None:
    changed = ManifestVersion.objects.get(version=2).changed_at
    assert changed is not None
    heard = changed.timestamp() + 0.2
    fast, slow = (str(bucket_of(seconds)) for seconds in (0.05, 2.0))

    say("edge", {2: 100}, holds=2, arrivals={"2": {"heard": heard, "delays": {fast: 98, slow: 2}}})

    change = newest(program)
    assert change["p50_ms"] == pytest.approx(250, rel=0.1)
    assert change["p99_ms"] == pytest.approx(2_200, rel=0.1)


def test_a_relay_that_is_silent_for_a_minute_is_named_and_no_longer_counted(
    program: Caller, toggled: Flag, say: Say, silence: Callable[[str, float], None]
) -> None:
    say("edge", {1: 40}, holds=1)
    silence("edge", 30)
    document = program.get(CONVERGENCE).json()
    assert document["changes"][0]["effective"] is False
    assert document["changes"][0]["lagging"][0]["seconds_ago"] >= 30

    silence("edge", 31)
    document = program.get(CONVERGENCE).json()
    assert document["changes"][0]["effective"] is True
    assert [(each["name"], each["connected"]) for each in document["silent"]] == [("edge", 40)]


def test_a_kill_is_effective_when_everybody_has_it(
    program: Caller, checkout: Flag, say: Say, publish: Callable[[], int]
) -> None:
    say("edge", {1: 3}, holds=1)

    killed = program.post(f"{PRODUCTION.replace('/environments', '/flags/checkout/environments')}/kill").json()
    waiting = program.get(killed["convergence"]).json()
    assert waiting["flag"] | {"killed_at": ""} == {
        "key": "checkout",
        "enabled": False,
        "killed_at": "",
        "version": None,
        "effective": False,
    }

    publish()
    lagging = program.get(killed["convergence"]).json()
    assert (lagging["flag"]["version"], lagging["flag"]["effective"]) == (2, False)

    say("edge", {2: 3}, holds=2)
    done = program.get(killed["convergence"]).json()
    assert (done["flag"]["version"], done["flag"]["effective"]) == (2, True)
    assert [change["version"] for change in done["changes"]] == [2, 1]


def test_a_later_change_of_another_flag_does_not_hide_a_kill(
    program: Caller, toggled: Flag, say: Say, a_flag: Any, production: Environment, publish: Callable[[], int]
) -> None:
    a_flag("banner", production, enabled=True)
    publish()
    say("edge", {2: 3}, holds=2)

    assert program.get(f"{CONVERGENCE}?flag=checkout").json()["flag"]["effective"] is True
    assert program.get(f"{CONVERGENCE}?flag=banner").json()["flag"]["effective"] is False


def test_an_archived_flag_is_gone_when_everybody_has_that(
    program: Caller, toggled: Flag, say: Say, publish: Callable[[], int], system: Actor
) -> None:
    services.archive_flag(toggled, actor=system)
    publish()
    say("edge", {2: 1}, holds=2)

    flag = program.get(f"{CONVERGENCE}?flag=checkout").json()["flag"]
    assert (flag["version"], flag["effective"]) == (3, False)


def test_a_viewer_sees_it_and_the_outsider_does_not(toggled: Flag, vera: User, charlie: User, client_key: str) -> None:
    assert person(vera).get(CONVERGENCE).status_code == 200
    assert person(charlie).get(CONVERGENCE).status_code == 404
    assert Caller().get(CONVERGENCE).status_code == 401
    assert Caller(Authorization=f"Bearer {client_key}").get(CONVERGENCE).status_code == 403


@pytest.mark.parametrize(("query", "status"), [("?flag=nowhere", 404), ("?flags=checkout", 400)])
def test_what_cannot_be_asked_is_refused(query: str, status: int, program: Caller, toggled: Flag) -> None:
    assert program.get(CONVERGENCE + query).status_code == status


def test_many_versions_and_relays_cost_no_more_queries(
    program: Caller, toggled: Flag, production: Environment, say: Say, publish: Callable[[], int], system: Actor
) -> None:
    def asked(query: str) -> int:
        program.get(CONVERGENCE + query)
        with CaptureQueriesContext(connection) as captured:
            program.get(CONVERGENCE + query)
        return len(captured)

    few = asked(""), asked("?flag=checkout")
    for number in range(20):
        services.toggle_flag(toggled, production, enabled=not number % 2, actor=system)
        publish()
        say(f"edge-{number}", {number: number + 1}, holds=number)

    assert (asked(""), asked("?flag=checkout")) == few
    assert len(program.get(CONVERGENCE).json()["changes"]) == 10
