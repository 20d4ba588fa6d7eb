"""No secret is compared with `==`, which ends at the first letter that differs and so tells how far a guess was right."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("tenants", "flags", "evaluation", "analytics", "flagforge")
TELLING = re.compile(r"sha256|hash|digest|token|secret|hmac|password|proof", re.IGNORECASE)

# Comparisons that name such a thing, and why nobody can learn a secret from them.
ALLOWED = {
    "tenants/chain/entries.py": "the audit's chain of hashes, which whoever reads the audit may read",
    "tenants/chain/walk.py": "the same",
    "evaluation/delivery/below.py": "what a relay was told of a key, by its hash, against what it is told now",
    "evaluation/delivery/replay.py": "the proof of a manifest is public",
    "evaluation/relay/holdings.py": "the same",
    "evaluation/relay/asking.py": "the hash that this relay itself had asked for",
    "evaluation/relay/snapshots.py": "the relay's own hash among those of a snapshot",
    "flags/language/expectations.py": "a token of the rule language",
    "flags/language/notes.py": "the same",
    "tenants/guides/contents.py": "a token of Markdown",
    "tenants/guides/markdown.py": "the same",
    "tenants/management/commands/own_relay_key.py": "of which kind a key is, not which",
    "flagforge/settings/storage.py": "whether a password is there at all, not which",
}
KIND = re.compile(r"\bKind\.TOKEN\b")


def comparisons() -> set[str]:
    """The files that compare something of such a name with `==` or `!=`."""
    return {
        path.relative_to(ROOT).as_posix()
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare) and _tells(node)
    }


def _tells(node: ast.Compare) -> bool:
    compares = any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
    return compares and bool(TELLING.search(KIND.sub("", ast.unparse(node))))


def test_no_secret_is_compared_by_its_letters() -> None:
    assert comparisons() == ALLOWED.keys()
