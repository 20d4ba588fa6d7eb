"""The broker of files."""

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue

from flagforge import broker

MESSAGES = 1_500


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
