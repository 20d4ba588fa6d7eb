"""The worker's broker where there is no server for it: a folder of files, by kombu, with messages that appear whole."""

import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)

SCHEME = "files"
UNFINISHED, TAKEN = ".part", ".taken"
LEFT_BEHIND_AFTER = 3600.0  # seconds; nobody writes or reads a message for so long


class Channel(filesystem.Channel):
    """Only renames lead a message from one state to the next: `.msg.part`, `.msg`, `.msg.taken`, gone."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._remove_leftovers()

    def _put(self, queue: str, message: Any, **options: Any) -> None:  # type: ignore[override]  # kombu gives options
        """kombu makes the file and writes it afterwards, so that a reader may take it while it is empty and die of it.

        A rename is one step: before it the reader passes the file over, after it the message is whole.
        """
        whole = Path(self.data_folder_out, f"{time.time_ns():020}_{uuid.uuid4()}.{queue}.msg")
        part = whole.with_name(f"{whole.name}{UNFINISHED}")
        part.write_text(dumps(message))
        part.rename(whole)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The oldest message that can be read. Raises Empty when there is none.

        kombu reads in the machine's folder for temporary files, which others may watch, and dies of a damaged file.
        To drop one costs nothing: a message only ever says "look again".
        """
        for name in sorted(os.listdir(self.data_folder_in)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = _take(Path(self.data_folder_in, name))
            message = taken and self._read(taken)
            if message:
                return message
        raise Empty

    def _queue_bind(self, exchange: str, *binding: Any) -> None:
        """kombu writes its table of queues in place; one that a killed process left half is made anew by the next start."""
        try:
            super()._queue_bind(exchange, *binding)
        except (ValueError, TypeError) as error:
            table = self.control_folder / f"{exchange}.exchange"
            log.warning("The table %s in the broker's folder is damaged and made anew: %r", table.name, error)
            _remove(table)
            super()._queue_bind(exchange, *binding)

    def _read(self, taken: Path) -> Any:
        """The message in a file that is ours, which goes; None for one that nobody could understand."""
        try:
            message = loads(taken.read_bytes().decode())
            hash(self.Message(message, channel=self).delivery_tag)  # all that the caller is going to do with it
        except Exception as error:
            log.warning("Message %s in the broker's folder is damaged and dropped: %r", _untaken(taken), error)
            message = None
        _remove(taken)
        return message

    def _remove_leftovers(self) -> None:
        """Remove what processes left that were killed while they wrote or read."""
        before = time.time() - LEFT_BEHIND_AFTER
        for folder in {self.data_folder_in, self.data_folder_out}:
            for leftover in Path(folder).glob("*.msg.*"):
                if leftover.suffix in (UNFINISHED, TAKEN) and _is_older(leftover, before):
                    _remove(leftover)


class Transport(filesystem.Transport):
    Channel = Channel
    default_connection_params: dict[str, Any] = {}  # a folder has no host to warn about


def register() -> None:
    """Let a broker URL begin with `files://`."""
    TRANSPORT_ALIASES[SCHEME] = "flagforge.broker:Transport"


def _take(message: Path) -> Path | None:
    """Claim a message by its name; None when somebody else was faster."""
    try:
        os.utime(message)  # it may have waited for long, and is no leftover while we read it
        return message.rename(message.with_name(f"{message.name}{TAKEN}"))
    except OSError:
        return None


def _untaken(taken: Path) -> str:
    return taken.name.removesuffix(TAKEN)


def _is_older(file: Path, moment: float) -> bool:
    try:
        return file.stat().st_mtime < moment
    except OSError:  # its owner has just finished with it
        return False


def _remove(file: Path) -> None:
    try:
        file.unlink()
    except OSError as error:
        if file.exists():
            log.warning("%s cannot be removed: %s", file, error)
