"""How log lines look, and what never gets into one."""

import logging
import re
from typing import Any

import structlog

SECRETS = re.compile(
    r"ff_(?:client|server|relay|token|stream|trigger)_[A-Za-z0-9._~-]{8,}|(?<=[?&])(?:key|token)=[^&\s\"']*"
)


def without_keys(text: str) -> str:
    """The text with every API key and stream token replaced."""
    return SECRETS.sub("[key]", text)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """The last wall: whatever a library logs, traceback included, keys are cut out before it is written."""

    def format(self, record: logging.LogRecord) -> str:
        return without_keys(super().format(record))


def formatter(as_json: bool = False) -> logging.Formatter:
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    return LineFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ExtraAdder(),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
