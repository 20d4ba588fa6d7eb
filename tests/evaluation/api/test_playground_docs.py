"""The example of docs/playground.md, asked of the demo."""

import json
import re
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from evaluation.api.questions import MEMBERS
from evaluation.playground import MOST_CELLS, MOST_EXPLAINED
from flags import demo
from tenants.models import User
from tests.tenants.api.conftest import SHOP, person

PAGE = (Path(__file__).parents[3] / "docs/playground.md").read_text()


@pytest.mark.django_db
def test_the_demo_answers_as_the_documentation_says(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    demo.seed()
    body, answer = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))

    said = person(User.objects.get(email=demo.EMAIL)).post(f"{SHOP}/playground", body)

    assert said.json() == answer


def test_every_member_is_explained() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(MEMBERS)


def test_the_limits_are_those_of_the_code() -> None:
    assert f"At most {MOST_CELLS:,} cells are answered at once, and {MOST_EXPLAINED:,} explained (422)" in PAGE
