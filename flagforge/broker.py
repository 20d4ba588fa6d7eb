"""The worker's broker where there is no server for it: a folder of files, by kombu, with messages that appear whole."""

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "files"


class Channel(filesystem.Channel):
    def _put(self, queue: str, message: Any, **options: Any) -> None:  # type: ignore[override]  # kombu gives options
        """kombu makes the file and writes it afterwards, so that a reader may take it while it is empty and die of it.

        A rename is one step: before it the reader passes the file over, after it the message is whole.
        """
        whole = Path(self.data_folder_out, f"{time.time_ns():020}_{uuid.uuid4()}.{queue}.msg")
        part = whole.with_name(f"{whole.name}.part")
        part.write_text(dumps(message))
        part.rename(whole)


class Transport(filesystem.Transport):
    Channel = Channel
    default_connection_params: dict[str, Any] = {}  # a folder has no host to warn about


def register() -> None:
    """Let a broker URL begin with `files://`."""
    TRANSPORT_ALIASES[SCHEME] = "flagforge.broker:Transport"
