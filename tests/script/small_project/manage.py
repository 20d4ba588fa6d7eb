"""Stands in for Django's command line: writes what the steps would write."""

import json
import os
import sys
from pathlib import Path

KEYS = {
    "owner": {"email": "demo@example.com", "password": "correct horse"},
    "environments": {"production": {"client_key": "ff_client_1", "server_key": "ff_server_1"}},
    "relay_key": "ff_relay_1",
    "own_relay_key": "ff_relay_own",
    "token": None,
}

if sys.argv[1] == os.environ.get("FAILING_STEP"):
    sys.exit(f"{sys.argv[1]} cannot be done")
if sys.argv[1] == "seed_demo":
    Path(os.environ["FLAGFORGE_DATA"], "keys.json").write_text(json.dumps(KEYS))
