"""The documentation says what the code does: variables, roles, operators, limits, examples, links, names."""

import ast
import importlib.util
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from django.urls import URLPattern

from evaluation.api.urls import urlpatterns
from evaluation.core import limits
from evaluation.core.bucketing import bucket
from evaluation.core.model import ErrorCode, Reason
from evaluation.core.operators import ALIASES, OPERATORS
from evaluation.core.parse import parse_config, parse_segment
from evaluation.stream.routing import http_routes, websocket_routes
from flagforge.settings.refusing import MUST_BE_SET
from tenants.models import ApiKey
from tenants.roles import GUARDED_BY_PROTECTION, LOWEST_ROLE, Role
from tenants.variables import known

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "tests").rglob("*.md")])
EVALUATION = (DOCS / "evaluation.md").read_text()
OPERATING = (DOCS / "operating.md").read_text()
PACKAGES = ("flagforge", "analytics", "evaluation", "flags", "tenants", "script")

VARIABLE = re.compile(r"(?:FLAGFORGE|OTEL|TEST)_[A-Z_]+|[A-Z]+_URL|DJANGO_SETTINGS_MODULE|NO_COLOR")
LINK = re.compile(r"\]\(([^)\s]+)\)")
DATABASE_FILE = "flagforge.sqlite3"  # in the data folder; looks like a module
CODE = re.compile(r"`([^`\n]+)`")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def first_column(text: str, heading: str) -> list[str]:
    """What stands in backticks in the first cells of the tables below a heading."""
    section = text.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`]+)`.*\n(?!\|--)", section, re.MULTILINE)


def python_files() -> Iterator[Path]:
    yield ROOT / "manage.py"
    for package in PACKAGES:
        yield from (path for path in (ROOT / package).rglob("*.py") if path.parent.name != "migrations")


def variables_in(tree: ast.AST) -> Iterator[str]:
    """Names of our kinds wherever they are whole strings, and whatever is asked of `environ` or `env` by a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value):
            yield node.value
        if isinstance(node, ast.Call | ast.Subscript):
            yield from _asked_of_environment(node)


def _asked_of_environment(node: ast.Call | ast.Subscript) -> Iterator[str]:
    owner: ast.expr = node.func if isinstance(node, ast.Call) else node.value
    arguments = node.args[:1] if isinstance(node, ast.Call) else [node.slice]
    if not re.match(r"(?:os\.)?(?:environ\b|getenv\b)|env\.[a-z_]+$", ast.unparse(owner)):
        return
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value.isupper():
            yield argument.value


def variables_read() -> set[str]:
    found = {name for path in python_files() for name in variables_in(ast.parse(path.read_text()))}
    for script in (path for path in (ROOT / "script").iterdir() if path.is_file() and not path.suffix):
        found.update(re.findall(r"\bFLAGFORGE_[A-Z_]+", script.read_text()))
    return found


def test_every_variable_that_is_read_is_explained_and_no_other() -> None:
    explained = first_column(OPERATING, "## Environment variables")

    assert set(explained) == variables_read()
    assert len(explained) == len(set(explained))
    assert {*explained} <= known().keys()  # what `manage.py doctor` compares with


def test_what_production_insists_on_is_said() -> None:
    said = next(line for line in OPERATING.split("\n\n") if line.startswith("`flagforge.settings.production` refuses"))

    assert set(VARIABLE.findall(said)) == {name for names in MUST_BE_SET for name in names}


def role_table() -> str:
    """The table of docs/tenants.md; when the test below fails, print this into it."""
    rows = [["on", *(f"{role.label} may" for role in Role)], ["---"] * (1 + len(Role))]
    things = dict.fromkeys(verb.partition(".")[0] for verb in LOWEST_ROLE)
    rows += [[f"`{thing}`", *(_verbs(thing, role) for role in Role)] for thing in things]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _verbs(thing: str, role: Role) -> str:
    verbs = [verb for verb, lowest in LOWEST_ROLE.items() if verb.startswith(f"{thing}.") and lowest == role]
    return ", ".join(verb.partition(".")[2] + r"\*" * (verb in GUARDED_BY_PROTECTION) for verb in verbs)


def test_the_role_table_is_that_of_the_code() -> None:
    page = (DOCS / "tenants.md").read_text()

    shown = page.partition("<!-- roles:")[2].partition("-->\n")[2].partition("<!-- /roles -->")[0]

    assert shown.strip() == role_table()


@pytest.mark.parametrize("page", ["tenants.md", "sdk-api.md"])
def test_every_kind_of_api_key_is_explained_with_its_prefix(page: str) -> None:
    rows = re.findall(r"^\| (\w+) \| `(ff_\w+_)` \|", (DOCS / page).read_text(), re.MULTILINE)

    assert rows == [(kind, f"ff_{kind}_") for kind in ApiKey.Kind.values]


def test_every_operator_is_explained_and_no_other() -> None:
    assert first_column(EVALUATION, "## Conditions") == list(OPERATORS)


def test_every_other_name_of_an_operator_is_named() -> None:
    last = EVALUATION.strip().rsplit("\n\n", 1)[1]

    assert set(CODE.findall(last.partition(" are accepted ")[0])) == set(ALIASES)


def test_every_reason_and_every_error_is_explained() -> None:
    order = EVALUATION.split("\n## The order\n")[1].split("\n## ")[0]

    assert set(re.findall(r"`([A-Z_]{5,})` \|$", order, re.MULTILINE)) == set(get_args(Reason))
    assert set(re.findall(r"^\| `([A-Z_]{5,})`", order, re.MULTILINE)) == set(get_args(ErrorCode))


def test_the_limits_are_those_of_the_core() -> None:
    table = EVALUATION.split("| at most | |")[1]
    shown = {name: int(number.replace(",", "")) for name, number in re.findall(r"\| ([^|]+) \| ([\d,]+) \|", table)}

    assert shown == {
        "targets, in all of a flag's state": limits.MAX_TARGET_VALUES,
        "rules in a state": limits.MAX_RULES,
        "values in a condition": limits.MAX_CONDITION_VALUES,
        "variants of a flag": limits.MAX_VARIANTS,
        "ranges in a split": limits.MAX_RANGES,
    }


def test_the_buckets_shown_are_true() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (\d+) \|", EVALUATION, re.MULTILINE)

    assert len(rows) >= 3
    assert [int(number) for _, _, number in rows] == [bucket(salt, key) for salt, key, _ in rows]


def json_examples() -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", EVALUATION, re.DOTALL)]


@pytest.mark.parametrize("example", json_examples(), ids=lambda example: "+".join(example))
def test_the_examples_of_rules_are_accepted(example: dict[str, Any]) -> None:
    names = dict.fromkeys(["on", "off", "a", "b"])

    if "targetingKey" in example:
        assert isinstance(example["targetingKey"], str)
    elif "included" in example:
        parse_segment(example)
    else:
        parse_config(example if "enabled" in example else _state_with(example), variants=names)


def _state_with(part: dict[str, Any]) -> dict[str, Any]:
    """A whole state around a condition, or around what a rule serves."""
    members = {"serve": part} if "split" in part else {"if": part, "serve": {"variant": "on"}}
    return {"enabled": True, "off": None, "prerequisites": None, "targets": [], "fallthrough": None} | {
        "rules": [{"id": "r", **members}]
    }


def test_every_address_of_the_sdk_api_is_explained() -> None:
    page = (DOCS / "sdk-api.md").read_text()
    named = [route for route in (*urlpatterns, *http_routes, *websocket_routes) if _is_named(route)]
    routes = [re.sub(r"<\w+:(\w+)>", r"<\1>", str(route.pattern)) for route in named]

    assert [route for route in routes if not re.search(rf"/{re.escape(route)}(?!\w)", page)] == []


def _is_named(route: URLPattern) -> bool:
    """Neither a probe, nor one flag beside all flags, nor a page for addresses that are not there."""
    return route.name not in ("livez", "readyz", "metrics", "nothing_here", "nothing_in_ofrep", "flag", "ofrep_flag")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if not re.match(r"[a-z]+:", link)]

    assert [link for link in links if not _leads_somewhere(page, link)] == []


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> list[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_script_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"\bscript/[a-z_]+\b(?!/)", page.read_text()))

    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_folder_file_and_function_that_is_named_exists(page: Path) -> None:
    rooms = (*PACKAGES, "docs", "tests")
    words = re.findall(rf"`((?:{'|'.join(rooms)})[/.][\w/.-]*)[^`\n]*`", page.read_text())

    assert [word for word in words if not _exists(word) and not word.startswith(DATABASE_FILE)] == []


def _exists(word: str) -> bool:
    if "/" in word:
        return (ROOT / word).exists()
    holder, _, name = word.rpartition(".")
    return hasattr(pkgutil.resolve_name(holder), name) or importlib.util.find_spec(word) is not None


def test_every_drill_stands_on_its_page_and_no_other() -> None:
    drills = re.findall(
        r"^def (test_\w+)",
        "\n".join(file.read_text() for file in (ROOT / "tests/journeys/faults").glob("test_*.py")),
        re.M,
    )

    assert set(re.findall(r"`(test_\w+)`", (DOCS / "faults.md").read_text())) == set(drills)


def test_the_map_of_the_readme_names_every_room() -> None:
    readme = (ROOT / "README.md").read_text()
    named = {name.rstrip("/") for name in first_column(readme, "## The house")}

    assert {*PACKAGES, "docs", "tests"} <= named
    assert {name for name in named if not (ROOT / name).exists()} == set()
