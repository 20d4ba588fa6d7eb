"""What Prometheus reads of the control plane."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from evaluation.delivery.busiest import Busiest
from evaluation.manifest import counting, keyring, memory
from evaluation.manifest import numbers as numbers_of_processes
from evaluation.stream import service
from flags import services
from flags.models import Flag
from tenants import heartbeats, outbox
from tenants.actors import Actor
from tenants.breaker import Breaker
from tenants.logs import formatter
from tenants.models import Environment, Organization, OutboxEvent
from tests.evaluation.conftest import MakeFlag
from tests.evaluation.stream.conftest import Open, open_stream  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)
Numbers = dict[tuple[str, ...], float]
FLAGS = "/api/v1/sdk/flags"


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, server_key: str, client_key: str) -> Flag:
    flag = a_flag("checkout", development, enabled=True)
    outbox.drain()
    return flag


def read() -> Numbers:
    """Samples by name and the values of their labels."""
    answer = Client().get("/metrics")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    return {
        (sample.name.removeprefix("flagforge_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def grown(before: Numbers, after: Numbers, *name: str) -> float:
    """Other tests of this process have counted too."""
    return after.get(name, 0) - before.get(name, 0)


def test_answers_are_counted_by_door_and_status(checkout: Flag, server_key: str) -> None:
    before, client = read(), Client(headers={"X-API-Key": server_key})

    client.get(FLAGS)
    client.get(f"{FLAGS}/nowhere")
    client.post("/ofrep/v1/evaluate/flags", {}, content_type="application/json")
    client.get("/api/v1/organizations/")
    client.get("/accounts/login/")
    Client().get(FLAGS)

    after = read()
    for door, status in (("flags", 200), ("flag", 404), ("ofrep_flags", 200), ("pages", 200), ("flags", 401)):
        assert grown(before, after, "requests_total", door, str(status)) == 1
    assert sum(grown(before, after, *name) for name in after if name[:2] == ("requests_total", "management")) == 1
    assert grown(before, after, "request_seconds_count", "flags") == 2


def test_what_waits_and_what_is_parked(checkout: Flag, development: Environment) -> None:
    assert (read()["outbox_waiting",], read()["outbox_parked",], read()["api_keys_ending",]) == (0, 0, 0)
    with transaction.atomic():
        outbox.put("test.one", development)
        outbox.put("test.two", development)
    OutboxEvent.objects.filter(topic="test.two").update(parked_at=timezone.now())

    numbers = read()

    assert (numbers["outbox_waiting",], numbers["outbox_parked",], numbers["database_up",]) == (1, 1, 1)
    assert 0 < numbers["outbox_oldest_seconds",] < 60


def test_what_the_database_tells_costs_nine_queries(checkout: Flag, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(9):
        read()


def test_publications_are_counted_and_timed_whatever_becomes_of_them(
    checkout: Flag, development: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read()
    services.toggle_flag(checkout, development, enabled=False, actor=Actor.system("test"))
    outbox.drain()
    with transaction.atomic():
        outbox.put("flag.nothing", development)
    outbox.drain()
    monkeypatch.setitem(settings.LIMITS, "manifest_bytes", 10)
    services.toggle_flag(checkout, development, enabled=True, actor=Actor.system("test"))
    outbox.drain()

    after = read()

    for outcome in ("published", "unchanged", "failed"):
        assert grown(before, after, "publications_total", outcome) >= 1, outcome
    assert grown(before, after, "publications_total", "published") == 1
    assert grown(before, after, "publish_seconds_count") >= 3
    assert grown(before, after, "publish_delay_seconds_count") == 1


def test_reads_of_caches_are_counted_by_whether_it_was_there(checkout: Flag, server_key: str) -> None:
    memory.forget_everything()
    keyring.forget_everything()
    before, client = read(), Client(headers={"X-API-Key": server_key})

    for _ in range(3):
        client.get(FLAGS)

    after = read()
    for cache in ("rules", "keys"):
        assert grown(before, after, "cache_reads_total", cache, "miss") == 1
        assert grown(before, after, "cache_reads_total", cache, "hit") == 2
    assert sum(grown(before, after, *name) for name in after if name[:2] == ("cache_reads_total", "shared")) >= 1


def test_organizations_are_told_by_id_and_keep_their_sums(
    checkout: Flag, acme: Organization, server_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "organizations", Busiest())
    before = read()
    Client(headers={"X-API-Key": server_key}).get(FLAGS)

    assert grown(before, read(), "organization_requests_total", acme.id) == 1


def test_processes_are_counted_by_kind_and_state_and_the_last_word_is_dated() -> None:
    now = timezone.now()
    for name, kind, ago, waiting in (("a", "web", 1, None), ("b", "worker", 30, 7), ("c", "worker", 90, 3)):
        heartbeats.say(name, kind, name, started_at=now, now=now - timedelta(seconds=ago), messages=waiting)

    numbers = read()

    assert numbers["processes", "web", "running"] == 1
    assert (numbers["processes", "worker", "late"], numbers["processes", "worker", "missing"]) == (1, 1)
    assert numbers["processes", "timetable", "running"] == 0
    assert 30 <= numbers["heartbeat_age_seconds", "worker"] < 60
    assert ("heartbeat_age_seconds", "timetable") not in numbers
    assert numbers["broker_messages",] == 7


def test_whether_redis_is_left_alone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Breaker()
    monkeypatch.setattr(numbers_of_processes, "redis_breaker", broken)
    assert (read()["redis_breaker_open",], read()["redis_failures_total",]) == (0, 0)

    broken.call(lambda: 1 / 0)

    assert (read()["redis_breaker_open",], read()["redis_failures_total",]) == (1, 1)


def test_versions_by_environment(checkout: Flag, development: Environment, server_key: str) -> None:
    Client(headers={"X-API-Key": server_key}).get(FLAGS)

    assert read()["manifest_version", development.id] == 1


def test_without_the_database_it_tells_what_it_knows(checkout: Flag, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseError

    monkeypatch.setattr(outbox, "backlog", away)

    numbers = read()

    assert numbers["database_up",] == 0
    assert ("outbox_waiting",) not in numbers
    assert ("streams", "sse") in numbers


def test_faults_of_the_database_are_counted_and_wrong_questions_are_not() -> None:
    counting._watch(connection)
    before = counting.database_errors["query"]

    def fails(*arguments: Any) -> None:
        raise OperationalError

    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT nonsense FROM nowhere_at_all WHERE")
    unasked = counting.database_errors["query"]
    with connection.execute_wrapper(fails), pytest.raises(OperationalError):
        connection.cursor().execute("SELECT 1")
    counted = counting.database_errors["query"]

    assert connection.execute_wrappers.count(counting._counted) == 1
    assert counted == unasked + 1 >= before + 1


def test_a_slow_query_is_counted_and_logged_without_its_values(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    counting._watch(connection)
    before = read()
    settings.SLOW_QUERY_SECONDS = 0.0
    list(Organization.objects.filter(slug="very-secret"))
    settings.SLOW_QUERY_SECONDS = 60.0
    list(Organization.objects.filter(slug="very-quick"))

    (record,) = (each for each in caplog.records if each.getMessage() == "slow query")
    line = formatter(as_json=True).format(record)
    assert '"statement": "SELECT' in line
    assert '"milliseconds": ' in line
    assert "very-" not in line
    assert grown(before, read(), "slow_queries_total") == 1


@pytest.mark.parametrize(("path", "kind"), [("stream", "sse"), ("/ofrep/v1/stream", "ofrep")])
async def test_open_streams_are_counted_by_kind(
    path: str,
    kind: str,
    checkout: Flag,
    client_key: str,
    open_stream: Open,  # noqa: F811  (the fixture)
) -> None:
    in_thread: Any = database_sync_to_async(read)
    before = await in_thread()
    stream = open_stream(path, f"key={client_key}")
    await stream.start()
    await stream.event()

    during = await in_thread()
    await stream.leave()
    after = await in_thread()

    assert (grown(before, during, "streams", kind), grown(before, after, "streams", kind)) == (1, 0)
    assert grown(before, after, "fan_out_seconds_count") == 0  # what a stream begins with is no news
    assert 0 <= during["look_age_seconds",] < 60
    door = "stream" if kind == "sse" else "ofrep_stream"
    assert grown(before, after, "requests_total", door, "200") == 1


def test_nothing_looks_out_before_the_server_runs() -> None:
    assert service.seconds_since_look() is None
    assert ("look_age_seconds",) not in read()


def test_no_key_and_no_name_is_told(checkout: Flag, server_key: str, client_key: str) -> None:
    Client(headers={"X-API-Key": server_key}).get(f"{FLAGS}/checkout")
    page = Client().get("/metrics").content.decode()

    assert not any(secret in page for secret in (server_key, client_key, "checkout", "acme"))


def test_every_metric_is_explained(checkout: Flag, server_key: str) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/operating.md").read_text()
    Client(headers={"X-API-Key": server_key}).get(FLAGS)
    names = {name[0].removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in read()}

    unsaid = {name for name in names if not name.startswith("process_") and f"`{name}`" not in text}
    assert unsaid - {"look_age_seconds"} == set()
    assert "`look_age_seconds`" in text


def test_another_method_is_refused() -> None:
    assert Client().post("/metrics").status_code == 405
