"""Which requests are answered on the event loop: those that find everything in this process's memory, and quickly."""

from evaluation.delivery.held import Held
from evaluation.manifest import keyring, memory
from evaluation.wire import ofrep
from evaluation.wire.requests import api_key_of
from flagforge.bodies import Scope

# Beyond this much of rules, evaluating all flags takes long enough to make open streams stutter.
QUICK_RULES_BYTES = 500_000
EVALUATING = ("/api/v1/sdk/flags", "/api/v1/sdk/ruleset", ofrep.FLAGS)
ONE_FLAG = ("/api/v1/sdk/flags/", f"{ofrep.FLAGS}/")


def is_warm(scope: Scope) -> bool:
    """No I/O and no long work. A wrong yes costs time only: the database refuses to be asked on an event loop."""
    path = scope["path"]
    if path == "/livez" or scope["method"] == "OPTIONS":
        return True
    if not path.startswith(EVALUATING):
        return False
    key = keyring.held(_api_key_of(scope))
    held = memory.held(key.environment_id) if key else None
    if held is None or (path == ofrep.FLAGS and _was_told_more(scope, held)):
        return False
    return path.startswith(ONE_FLAG) or len(held.content) <= QUICK_RULES_BYTES


def _was_told_more(scope: Scope, held: Held) -> bool:
    """Whether the client heard elsewhere of a version that has to be looked for."""
    told = ofrep.told_version(scope["query_string"].decode("latin-1"))
    return told is not None and told > held.version


def _api_key_of(scope: Scope) -> str:
    return api_key_of(
        {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name in READ}
    )


READ = (b"x-api-key", b"authorization")
