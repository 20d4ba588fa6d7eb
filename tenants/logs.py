"""How log lines look, and what never gets into one."""

import contextlib
import itertools
import logging
import re
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from structlog.typing import EventDict

from tenants import tracing

SECRETS = re.compile(
    r"ff_(?:client|server|relay|token|stream|trigger)_[A-Za-z0-9._~-]{8,}|(?<=[?&])(?:key|token)=[^&\s\"']*"
)
# A batch of changes was asked for by so many requests that are named.
MOST_NAMES = 8


def without_keys(text: str) -> str:
    """The text with every API key and stream token replaced."""
    return SECRETS.sub("[key]", text)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """The last wall: whatever a library logs, traceback included, keys are cut out before it is written."""

    def format(self, record: logging.LogRecord) -> str:
        return without_keys(super().format(record))


def request_id() -> str:
    """The name of the request that this thread works for, or several with commas; "" outside of any."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


@contextlib.contextmanager
def named_later() -> Iterator[None]:
    """Around work that other requests asked for: `name` says which, for every line until the end."""
    with structlog.contextvars.bound_contextvars(request_id=""):
        yield


def name(requests: Iterable[str]) -> None:
    """Lines of the log carry these from now on."""
    names = dict.fromkeys(filter(None, requests))
    structlog.contextvars.bind_contextvars(request_id=",".join(itertools.islice(names, MOST_NAMES)))


def _without_empty_name(_: Any, __: str, line: EventDict) -> EventDict:
    if not line.get("request_id", True):
        del line["request_id"]
    return line


def formatter(as_json: bool = False) -> logging.Formatter:
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    return LineFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            _without_empty_name,
            tracing.name_line,
            structlog.stdlib.ExtraAdder(),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
