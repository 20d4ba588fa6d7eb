"""How a relay's log lines look: text, or with FLAGFORGE_LOG_JSON an object each, as those of the control plane."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from ..wire.request_ids import current

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s%(named)s"
# What every record has; whatever else one has was said with the line.
USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "named", "request_id"}


def begin(environ: Mapping[str, str]) -> None:
    """For this process and those that it starts; raises ValueError for a level that there is not."""
    level = environ.get("FLAGFORGE_LOG_LEVEL") or "INFO"
    if level not in LEVELS:
        raise ValueError(f"FLAGFORGE_LOG_LEVEL={level} is none of {', '.join(LEVELS)}")
    is_json = (environ.get("FLAGFORGE_LOG_JSON") or "0").lower() in ("1", "true", "yes", "on")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if is_json else logging.Formatter(TEXT))
    handler.addFilter(_name)
    logging.basicConfig(level=level, handlers=[handler])
    for talkative in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def _name(record: logging.LogRecord) -> bool:
    record.request_id = name = current.get()
    record.named = f" request_id={name}" if name else ""
    return True


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {name: value for name, value in vars(record).items() if name not in USUAL}
        line |= {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
