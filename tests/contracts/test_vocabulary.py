"""One word per thing: second words for what has a name already are found wherever people read, in code, docs and data."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import re2

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "flagforge",
    "tenants",
    "flags",
    "evaluation",
    "analytics",
    "script",
    "templates",
    "sdks",
    "deploy",
    "docs",
    "tests",
)
KINDS = {"", ".py", ".md", ".html", ".jinja", ".txt", ".js", ".ts", ".css", ".json", ".svg", ".yml", ".yaml", ".toml"}

# Other engines are spoken to in their own words, and so are other people's packages.
PEERS = ROOT / "script/benches/_peers"
MADE = {"node_modules", "dist", "build"}
# It leads from the words of other products to ours.
GLOSSARY = ROOT / "docs/glossary.md"

# Our word → what else it might be called, as one pattern whatever the case.
SECOND_WORDS = {
    "flag": r"feature[ _-]?(?:toggle|flag|switch|gate)s?",
    "variant": r"variations?|treatments?|flavou?rs?",
    "segment": r"cohorts?|audiences?|user[ _-]?(?:group|segment)s?",
    "context": r"identity[ _-]?(?:id|key|trait)s?|\bidentities\b|user[ _-]?context|\btraits?\b",
    "target": r"(?:white|black|allow|deny)[ _-]?lists?",
    "rule": r"targeting[ _-]?rules?",
    "fallthrough": r"default[ _-]?rules?|fall[ _-]?back[ _-]?(?:rule|variant)s?",
    "split, weights": r"percentage[ _-]?rollouts?|traffic[ _-]?(?:allocation|split)s?|\bpercentages?\b",
    "organization": r"organisations?|workspaces?|tenant_id|account_id|company_id",
    "environment": r"deployment[ _-]?stages?|flag[ _-]?environments?",
    "manifest": r"(?:flag|rule|config)s?[ _-]?snapshots?|rule_set|flag[ _-]?files?",
    "delta": r"change[ _-]?sets?",
    "version": r"revisions?",
    "API key": r"(?:api|sdk|access|auth)[ _-]?tokens?|client[ _-]?secrets?|sdk[ _-]?secrets?",
    "server key": r"server[ _-]?side[ _-]?keys?|backend[ _-]?keys?",
    "client key": r"client[ _-]?side[ _-]?(?:key|id)s?|browser[ _-]?keys?",
    "relay": r"(?:edge|relay|flag)[ _-]?proxy|relay[ _-]?server",
    "owner, admin, member, viewer": r"super[ _-]?admins?|collaborators?",
    "audit": r"audit[ _-]?trails?|activity[ _-]?logs?|change[ _-]?history",
    "roll back": r"\brevert(?:s|ed|ing)?\b|(?-i:rollback|Rollback)s?",
    "undelete": r"restore_\w+|un_?trash\w*|\btrash\b|recycle[ _-]?bin",
    "soft delete": r"logical(?:ly)?[ _-]?delet\w+|tombstones?",
}

# Whether a text has any of them; only where it has, the slower question is asked which.
LOOSELY = re2.Options()
LOOSELY.case_sensitive = False
ANY_SECOND_WORD = re2.compile("|".join(f"(?:{pattern})" for pattern in SECOND_WORDS.values()), LOOSELY)

# file: the words that mean something else there.
ALLOWED = {
    "README.md": {"Feature flags"},  # the trade by its common name, once
    "templates/tenants/about.html": {
        "Feature flags",
        "feature flags",
        "Feature Flag",
    },  # the same, where people learn what this is
    "sdks/javascript/package.json": {"Feature flags", "feature-flags"},  # where people look for it by that name
    "sdks/javascript/README.md": {"Feature flags"},  # the same
    "flagforge/settings/base.py": {"Feature flags"},  # the same, in the title page of the API
    "docs/decisions/0007-conditions-are-small-objects.md": {"feature-flag"},  # within openfeature-flagd-core, a name
    "docs/decisions/0002-buckets-are-stored-ranges.md": {"identities"},  # who people are, stored: what is rejected
    "evaluation/models.py": {"revisions"},  # says in other words what a manifest version is
    "evaluation/sdk/tracing.py": {"feature flags", "feature-flags", "feature_flag"},  # OpenTelemetry's own
    "tests/evaluation/sdk/test_tracing.py": {"feature_flag"},  # the same
    "docs/python-web.md": {"feature-flags", "feature_flag"},  # the same
    "script/benches/relay.py": {"edge-proxy"},  # Flagsmith's own name for it
    "tests/contracts/test_every_model_is_walled.py": {"User_groups"},  # Django's own table
    "tests/tenants/signing_in/provider.py": {"access_token", "client_secret"},  # OAuth's own
    "tests/tenants/signing_in/test_providers.py": {"access_token"},  # the same, in allauth's words
    "tests/tenants/test_audit.py": {"rollback"},  # Django's transaction.set_rollback
    "tests/tenants/test_outbox.py": {"rollback"},  # the same
    "tests/standing.py": {"rollback"},  # the same
    "tests/contracts/test_stage.py": {"rollback"},  # the same
    "tests/flags/test_allocation.py": {"treatment"},  # somebody's name for a variant
}


def readable_files() -> list[Path]:
    paths = [*ROOT.glob("*.md"), *(path for room in ROOMS for path in (ROOT / room).rglob("*"))]
    ours = (path for path in paths if PEERS not in path.parents and path not in (Path(__file__).resolve(), GLOSSARY))
    return [
        path
        for path in ours
        if path.suffix in KINDS and MADE.isdisjoint(path.relative_to(ROOT).parts) and path.is_file()
    ]


def found_in(path: Path) -> Iterator[tuple[str, str]]:
    """Our word and the second word, for each that the file or its name holds."""
    text = f"{path.name}\n{path.read_text(encoding='utf-8', errors='replace')}"
    if ANY_SECOND_WORD.search(text) is None:
        return
    for ours, pattern in SECOND_WORDS.items():
        yield from ((ours, match[0]) for match in re.finditer(pattern, text, re.IGNORECASE))


def test_nothing_has_a_second_word() -> None:
    found = {
        f'{name}: "{word}" (our word: {ours})'
        for path in readable_files()
        for ours, word in found_in(path)
        if word not in ALLOWED.get(name := str(path.relative_to(ROOT)), ())
    }

    assert found == set()


@pytest.mark.parametrize("name", ALLOWED)
def test_every_exception_is_still_needed(name: str) -> None:
    held = {word for _, word in found_in(ROOT / name)}

    assert ALLOWED[name] <= held


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("class FeatureToggle:", "flag"),
        ("off_variation = None", "variant"),
        ("a new API token", "API key"),
        ("sdk_tokens", "API key"),
        ("the organisation's", "organization"),
        ("restore_flag(flag)", "undelete"),
    ],
)
def test_a_second_word_is_found_in_any_spelling(text: str, ours: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)

    assert ours in {word for word, _ in found_in(page)}
