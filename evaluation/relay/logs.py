"""How a relay's log lines look: text, or with FLAGFORGE_LOG_JSON an object each, as those of the control plane."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from ..wire import spans
from ..wire.request_ids import current

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s%(named)s"
# What every record has; whatever else one has was said with the line.
USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "named", "request_id", "trace"}
# Of this process by its environment; None where somebody else has said how to log.
_own: str | None = None

log = logging.getLogger(__name__)


def begin(environ: Mapping[str, str]) -> None:
    """For this process and those that it starts; raises ValueError for a level that there is not."""
    global _own
    level = environ.get("FLAGFORGE_LOG_LEVEL") or "INFO"
    if level not in LEVELS:
        raise ValueError(f"FLAGFORGE_LOG_LEVEL={level} is none of {', '.join(LEVELS)}")
    _own = level
    is_json = (environ.get("FLAGFORGE_LOG_JSON") or "0").lower() in ("1", "true", "yes", "on")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if is_json else logging.Formatter(TEXT))
    handler.addFilter(_name)
    logging.basicConfig(level=level, handlers=[handler])
    for talkative in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def follow(told: object) -> str:
    """Log at the level that upstream tells, or else at the one of the environment; returns what was told, "" for none."""
    level = told if isinstance(told, str) and told in LEVELS else ""
    root = logging.getLogger()
    if _own is not None and root.level != getattr(logging, level or _own):
        root.setLevel(level or _own)
        log.warning("logs at %s, as %s", level or _own, "upstream tells" if level else "the environment says")
    return level


def _name(record: logging.LogRecord) -> bool:
    record.request_id = name = current.get()
    record.trace = trace = spans.named_here()
    named = {**({"request_id": name} if name else {}), **trace}
    record.named = "".join(f" {each}={value}" for each, value in named.items())
    return True


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {name: value for name, value in vars(record).items() if name not in USUAL}
        line |= {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        line |= getattr(record, "trace", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
