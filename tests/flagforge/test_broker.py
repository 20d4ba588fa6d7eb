"""The broker of files: messages appear whole, go once, and a damaged one harms nobody."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue

from flagforge import broker
from flags import services as flag_services
from script.places import HOST, Places, free_port
from script.programs import programs
from tenants.actors import Actor
from tenants.models import Environment, OutboxEvent, Project
from tests.journeys.conftest import surroundings

MESSAGES = 1_500
TASK = "tenants.tasks.sweep_outbox"
SEND = f"from flagforge.celery import app; app.send_task({TASK!r}, mandatory=True, expires=60)"
DAMAGED = {
    "empty": b"",
    "half": b'{"body": "W10=", "headers": {"ta',
    "binary": bytes(range(256)),
    "of another kind": b"[1, 2]",
    "a number": b"7",
    "without properties": b"{}",
    "with a body that is no base64": b'{"body": "A", "properties": {"body_encoding": "base64", "delivery_tag": "1"}}',
    "with a tag that cannot be kept": b'{"body": "", "properties": {"delivery_tag": []}}',
    "nested": b"[" * 100_000,
}


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    broker.register()
    folders = {"data_folder_in": tmp_path / "m", "data_folder_out": tmp_path / "m", "control_folder": tmp_path / "c"}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    return Connection("files://", transport_options={name: str(folder) for name, folder in folders.items()})


def test_a_reader_never_sees_half_a_message(connection: Connection) -> None:
    """kombu's own channel breaks some two in a thousand, on a machine that has other things to do."""
    wanted, got = {str(number) * 2_000 for number in range(MESSAGES)}, set[str]()
    with connection.clone().SimpleQueue("busy") as reading, connection.clone().SimpleQueue("busy") as writing:
        writer = threading.Thread(target=put_all, args=(writing, wanted))
        writer.start()
        while len(got) < MESSAGES:
            message = reading.get(timeout=20)
            got.add(message.payload)
            message.ack()
        writer.join()

    assert got == wanted


def put_all(queue: SimpleQueue, texts: Iterable[str]) -> None:
    for text in texts:
        queue.put(text)


# Each test has a queue of its own name: kombu remembers in the process which queues it has bound.
def test_a_message_gets_the_name_that_readers_look_for_when_it_is_whole(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[Path], bool]] = []
    rename = Path.rename

    def watched(self: Path, target: Path) -> Path:
        seen.append((list((tmp_path / "m").glob("*.msg")), self.read_text().endswith("}")))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", watched)

    with connection.SimpleQueue("whole") as queue:
        queue.put("hello")

    assert seen == [([], True)]
    assert len(list((tmp_path / "m").glob("*.whole.msg"))) == 1


def test_a_message_that_is_not_written_yet_is_passed_over(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "m" / "0_x.quiet.msg.part").write_text("")

    with connection.SimpleQueue("quiet") as queue, pytest.raises(queue.Empty):
        queue.get(block=False)


@pytest.fixture
def sent_by_celery(tmp_path: Path) -> Callable[[], None]:
    """Sends one task through FlagForge's own Celery application, in a process of its own."""
    environment = {**os.environ, "FLAGFORGE_DATA": str(tmp_path), "REDIS_URL": ""}

    def send() -> None:
        subprocess.run([sys.executable, "-c", SEND], env=environment, check=True, capture_output=True)

    return send


@pytest.fixture
def of_celery(tmp_path: Path, sent_by_celery: Callable[[], None]) -> Iterator[SimpleQueue]:
    """What the worker reads."""
    folder = str(tmp_path / "broker/messages")
    Path(folder).mkdir(parents=True)
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": str(tmp_path / "broker/control")}
    broker.register()
    with Connection("files://", transport_options=options) as connection, connection.SimpleQueue("celery") as queue:
        yield queue


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_messages_are_dropped_and_named_before_and_between_good_ones(
    of_celery: SimpleQueue,
    sent_by_celery: Callable[[], None],
    tmp_path: Path,
    content: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    messages = tmp_path / "broker/messages"
    messages.joinpath("00_first.celery.msg").write_bytes(content)
    sent_by_celery()
    messages.joinpath(f"{time.time_ns():020}_between.celery.msg").write_bytes(content)
    sent_by_celery()

    got = [of_celery.get(block=False) for _ in range(2)]
    for message in got:
        message.ack()

    assert [message.headers["task"] for message in got] == [TASK, TASK]
    assert list(messages.iterdir()) == []
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "00_first.celery.msg in the broker's folder is damaged and dropped" in caplog.text
    with pytest.raises(of_celery.Empty):
        of_celery.get(block=False)


def test_messages_stay_in_the_brokers_folder(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    with connection.SimpleQueue("private") as queue:
        queue.put("hello")
        got = queue.get(block=False)
        got.ack()

    assert got.payload == "hello"


def test_each_message_goes_to_one_of_many_readers(connection: Connection) -> None:
    with connection.clone().SimpleQueue("shared") as queue:
        put_all(queue, map(str, range(200)))

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(lambda _: take_all(connection.clone(), "shared"), range(4)))

    assert sorted(text for share in shares for text in share) == sorted(map(str, range(200)))


def take_all(connection: Connection, name: str) -> list[str]:
    taken: list[str] = []
    with connection, connection.SimpleQueue(name) as queue:
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                return taken
            message.ack()
            taken.append(message.payload)


def test_leftovers_of_killed_processes_go_after_an_hour(connection: Connection, tmp_path: Path) -> None:
    names = ("old.q.msg.part", "old.q.msg.taken", "old.q.msg", "new.q.msg.part", "new.q.msg.taken")
    for name in names:
        file = tmp_path / "m" / name
        file.write_text("")
        if name.startswith("old"):
            os.utime(file, (0, time.time() - 3_700))

    connection.channel()

    assert {file.name for file in (tmp_path / "m").iterdir()} == {"old.q.msg", "new.q.msg.part", "new.q.msg.taken"}


def test_a_message_that_waited_for_long_is_no_leftover_while_it_is_read(connection: Connection, tmp_path: Path) -> None:
    waiting = tmp_path / "m" / "0_x.late.msg"
    waiting.write_text("")
    os.utime(waiting, (0, 0))

    taken = broker._take(waiting)

    assert taken == tmp_path / "m" / "0_x.late.msg.taken"
    assert time.time() - taken.stat().st_mtime < 60
    assert broker._take(waiting) is None


@pytest.mark.parametrize("content", ["", '[["a", "b"', "[7]"])
def test_a_damaged_table_of_queues_is_made_anew(connection: Connection, tmp_path: Path, content: str) -> None:
    name = f"table{len(content)}"
    (tmp_path / "c" / f"{name}.exchange").write_text(content)

    with connection.SimpleQueue(name) as queue:
        queue.put("hello")
        got = queue.get(block=False)
        got.ack()

    assert got.payload == "hello"
    assert json.loads((tmp_path / "c" / f"{name}.exchange").read_text()) == [[name, "", name]]


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """script/server's worker, with the broker of files whatever the tests run on."""
    program = next(
        program for program in programs(Places(HOST, free_port(), free_port(), tmp_path)) if program.name == "worker"
    )
    environment = {**surroundings(), **program.environment, "REDIS_URL": ""}
    with (tmp_path / "worker.log").open("w") as log:
        popen = subprocess.Popen(program.command, env=environment, stdout=log, stderr=log, start_new_session=True)
    yield popen
    popen.terminate()
    popen.wait(15)


def test_a_worker_survives_damaged_messages_and_goes_on(
    worker: subprocess.Popen[bytes], shop: Project, development: Environment, system: Actor, tmp_path: Path
) -> None:
    wait_for(worker, tmp_path, nothing_left_to_sweep)

    for number, content in enumerate(DAMAGED.values()):
        (tmp_path / f"broker/messages/1_{number}.celery.msg").write_bytes(content)
    wait_for(worker, tmp_path, lambda: not list((tmp_path / "broker/messages").glob("1_*")))
    flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system)
    wait_for(worker, tmp_path, nothing_left_to_sweep)

    assert worker.poll() is None
    assert (tmp_path / "worker.log").read_text().count("is damaged and dropped") == len(DAMAGED)


def nothing_left_to_sweep() -> bool:
    return not OutboxEvent.objects.filter(processed_at__isnull=True).exists()


def wait_for(worker: subprocess.Popen[bytes], folder: Path, holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert worker.poll() is None, (folder / "worker.log").read_text()
        assert time.monotonic() < deadline, (folder / "worker.log").read_text()
        time.sleep(0.1)
