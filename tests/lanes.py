"""Which tests run in which lane of script/test, by where they lie; script/suite.py has the lanes.

A test belongs where it can fail: on both databases what asks them in words of its own (migrations, locks, search, JSON,
partitions, outbox, audit, services, selectors, telemetry), on one what only stands on those, beside both what asks none.
"""

import re
from itertools import product
from pathlib import Path

from _pytest.mark.expression import Expression

# What touches no database, or shows in a browser what is the same on each, so that a run on another could only repeat it.
ALONE = (
    "tests/analytics/experiments/test_placing.py",
    "tests/analytics/experiments/test_planning.py",
    "tests/analytics/guardrails/test_comparing.py",
    "tests/analytics/guardrails/test_evidence.py",
    "tests/analytics/rollouts/test_steps.py",
    "tests/analytics/stale/test_evidence.py",
    "tests/analytics/statistics",
    "tests/analytics/test_ratio.py",
    "tests/analytics/test_samples.py",
    "tests/analytics/test_tallies.py",
    "tests/deploy",
    "tests/script",
    "tests/sdks",
    "tests/evaluation/core",
    "tests/evaluation/delivery",
    "tests/evaluation/relay",
    "tests/evaluation/sdk",
    "tests/evaluation/wire",
    "tests/flags/language",
    "tests/flags/test_allocation.py",
    "tests/flagforge/test_env.py",
    "tests/flagforge/test_postman.py",
    "tests/flagforge/test_rules.py",
    "tests/tenants/alerts/test_hours.py",
    "tests/tenants/chain",
    "tests/tenants/guides",
    "tests/tenants/test_differences.py",
    "tests/tenants/test_keys.py",
    "tests/tenants/webhooks/test_addresses.py",
    "tests/journeys/faults/test_clocks.py",
    "tests/journeys/faults/test_links.py",
    "tests/journeys/faults/test_store.py",
    "tests/journeys/relay",
    "tests/journeys/test_at_work.py",
    "tests/journeys/test_charts.py",
    "tests/journeys/test_dashboard.py",
    "tests/journeys/test_demo.py",
    "tests/journeys/test_every_page.py",
    "tests/journeys/test_first_run.py",
    "tests/journeys/test_flag_page",
    "tests/journeys/test_javascript",
    "tests/journeys/test_ofrep",
    "tests/journeys/test_playground.py",
    "tests/journeys/test_postman.py",
    "tests/journeys/test_python_sdk.py",
    "tests/journeys/test_readme.py",
    "tests/contracts/test_core_is_pure.py",
    "tests/contracts/test_docs.py",
    "tests/contracts/test_imports.py",
    "tests/contracts/test_vocabulary.py",
    "tests/flagforge/test_production.py",
    "tests/tenants/backups/test_files.py",
    "tests/tenants/test_logs.py",
)
# What is shown, and who may, which is the same whatever lies below: services and selectors run on both databases, what
# people see on SQLite, what programs ask for on PostgreSQL. So do installations that work as a whole, or break: each has
# more parts there, and more to lose.
PAGES = (
    "tests/analytics/dashboard",
    "tests/analytics/experiments/test_pages.py",
    "tests/analytics/experiments/test_roles.py",
    "tests/analytics/guardrails/test_pages.py",
    "tests/analytics/rollouts/test_pages.py",
    "tests/analytics/rollouts/test_roles.py",
    "tests/contracts/test_every_model_is_walled.py",
    "tests/contracts/test_outsider",
    "tests/contracts/test_query_counts.py",
    "tests/contracts/test_realms.py",
    "tests/contracts/test_sealed_columns.py",
    "tests/contracts/test_secrets.py",
    "tests/evaluation/dashboard",
    "tests/evaluation/test_playground.py",
    "tests/flagforge/test_broker.py",
    "tests/flagforge/test_doors.py",
    "tests/flags/admin",
    "tests/flags/dashboard",
    "tests/flags/test_roles.py",
    "tests/journeys/test_live.py",
    "tests/tenants/admin",
    "tests/tenants/dashboard",
    "tests/tenants/signing_in",
    "tests/tenants/test_addresses.py",
    "tests/tenants/test_browsers.py",
    "tests/tenants/test_mfa_policy.py",
    "tests/tenants/test_middleware.py",
    "tests/tenants/test_roles.py",
)
DOORS = (
    "tests/analytics/api",
    "tests/analytics/guardrails/test_api.py",
    "tests/analytics/rollouts/test_api.py",
    "tests/contracts/test_sdk_api.py",
    "tests/evaluation/api",
    "tests/flagforge/test_redis_users.py",
    "tests/flagforge/test_serve.py",
    "tests/flagforge/test_warmth.py",
    "tests/flags/api",
    "tests/journeys/faults/test_control_plane.py",
    "tests/journeys/faults/test_convergence.py",
    "tests/journeys/faults/test_corruption.py",
    "tests/journeys/faults/test_rollouts.py",
    "tests/journeys/faults/test_telemetry",
    "tests/journeys/test_guardrail.py",
    "tests/journeys/test_live_sockets.py",
    "tests/journeys/test_webhooks.py",
    "tests/journeys/test_without_redis.py",
    "tests/tenants/api",
)
LANES = {"alone": ALONE, "pages": PAGES, "doors": DOORS}
WORDS_OF_EXPRESSIONS = {"and", "or", "not"}


def markers_of(path: str) -> set[str]:
    """Those that tests have by where they lie; `path` is that of their file, from the root."""
    return {marker for marker, paths in LANES.items() if path.startswith(paths)}


def may_be_meant(file: Path, root: Path, wanted: str) -> bool:
    """Whether `-m WANTED` can mean a test of this file, as far as one sees without importing it.

    It has the markers of its place, and any other only if the text of the file names it.
    """
    given, text = markers_of(file.relative_to(root).as_posix()), file.read_text(encoding="utf-8")
    named = [name for name in _names(wanted) - given if name in text]
    return any(_means(wanted, given.union(*chosen)) for chosen in product(*(((), (name,)) for name in named)))


def _means(wanted: str, markers: set[str]) -> bool:
    return Expression.compile(wanted).evaluate(lambda name, /, **_: name in markers)


def _names(wanted: str) -> set[str]:
    return set(re.findall(r"\w+", wanted)) - WORDS_OF_EXPRESSIONS
