"""Runs the vectors through an installed flagforge_sdk and prints how many there were. It imports nothing else."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from flagforge_sdk.core.context import context_from  # type: ignore[import-not-found]  # installed for the test alone
from flagforge_sdk.core.evaluate import evaluate  # type: ignore[import-not-found]
from flagforge_sdk.core.manifest import ruleset_from  # type: ignore[import-not-found]
from flagforge_sdk.core.model import MISSING  # type: ignore[import-not-found]

ANY_TIME = "2026-11-21T10:00:00Z"


def main(folder: Path) -> None:
    ran = 0
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text())
        for case in document["cases"]:
            if "expect" in case:
                check(case, document["flag_defaults"])
                ran += 1
    sys.stdout.write(f"{ran}\n")


def check(case: dict[str, Any], flag_defaults: dict[str, Any]) -> None:
    flags = {key: {**flag_defaults, **members} for key, members in case["flags"].items()}
    manifest = {"format": 1, "environment": "e", "version": 1, "issued": ANY_TIME, "flags": flags}
    ruleset = ruleset_from({**manifest, "segments": case.get("segments", {})})
    now = datetime.fromisoformat(case.get("now", ANY_TIME))
    got = evaluate(ruleset, case["flag"], context_from(case["context"]), now, client=case.get("client", False))
    shown = {"variant": got.variant, "metadata": dict(got.metadata)}
    shown |= {"reason": got.reason} if got.reason else {"errorCode": got.error_code}
    if got.value is not MISSING:
        shown["value"] = got.value
    if shown != case["expect"] or repr(shown.get("value")) != repr(case["expect"].get("value")):
        sys.exit(f"{case['name']}: {shown} is not {case['expect']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
