"""`keys.json` beside the data: the keys that an installation made for itself, readable by its owner alone."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings

OWN_RELAY_KEY = "own_relay_key"


def path() -> Path:
    return Path(settings.DATA) / "keys.json"


def read() -> dict[str, Any]:
    """Empty where there is no such file, or none that can be read."""
    try:
        document = json.loads(path().read_text())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def write(document: dict[str, Any]) -> None:
    """Replace the file with one that nobody else may read, at any moment. Raises OSError."""
    draft = path().with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(json.dumps(document, indent=2) + "\n")
    draft.replace(path())
