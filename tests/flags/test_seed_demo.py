"""The first start makes a demo worth asking; later starts leave it alone."""

import json
import stat
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate_all
from evaluation.core.manifest import ruleset_from
from flags import demo
from flags.documents import manifest_flag, manifest_segment
from flags.models import Flag, FlagConfig, Segment
from flags.selectors import flag_states, manifest_segments
from tenants.models import AuditEvent, Environment, Organization, OutboxEvent, User

pytestmark = pytest.mark.django_db
AUTUMN = datetime(2026, 11, 21, tzinfo=UTC)
BOXING_DAY = datetime(2026, 12, 26, 12, tzinfo=UTC)


@pytest.fixture
def keys_file(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path / "keys.json"


def seed_demo() -> str:
    said = StringIO()
    call_command("seed_demo", stdout=said)
    return said.getvalue()


def answers(now: datetime = AUTUMN, **attributes: Any) -> dict[str, tuple[object, str | None]]:
    production = Environment.objects.get(key="production")
    flags, segments = flag_states(production), manifest_segments(production)
    ruleset = ruleset_from(
        {
            "format": 1,
            "environment": production.id,
            "version": 1,
            "issued": "2026-11-21T10:00:00Z",
            "flags": {flag.key: manifest_flag(flag, config) for flag, config in flags},
            "segments": {segment.key: manifest_segment(segment) for segment in segments},
        }
    )
    found = evaluate_all(ruleset, context_from(attributes), now)
    return {answer.key: (answer.value, answer.reason) for answer in found}


def test_first_start_makes_a_shop_with_flags_of_all_types(keys_file: Path) -> None:
    said = seed_demo()

    assert said.count("\n") == 1
    assert Organization.objects.get().slug == "acme"
    assert set(Flag.objects.values_list("value_type", flat=True)) == set(Flag.ValueType.values)
    assert (Flag.objects.count(), FlagConfig.objects.count(), Segment.objects.count()) == (8, 21, 2)
    assert list(Environment.objects.filter(is_protected=True).values_list("key", flat=True)) == ["production"]


def test_second_start_says_and_changes_nothing(keys_file: Path) -> None:
    seed_demo()
    before = (keys_file.read_text(), AuditEvent.objects.count(), OutboxEvent.objects.count())

    said = seed_demo()

    assert said == ""
    assert (keys_file.read_text(), AuditEvent.objects.count(), OutboxEvent.objects.count()) == before


def test_instance_with_an_organization_gets_no_demo(keys_file: Path, acme: Organization) -> None:
    seed_demo()

    assert not keys_file.exists()
    assert Flag.objects.count() == 0


def test_keys_are_written_for_the_owner_only(keys_file: Path) -> None:
    seed_demo()

    document = json.loads(keys_file.read_text())
    assert stat.S_IMODE(keys_file.stat().st_mode) == 0o600
    assert document["environments"]["production"]["server_key"].startswith("ff_server_")
    assert document["login"]["email"] == demo.EMAIL
    assert User.objects.get().check_password(document["login"]["password"])


def test_password_can_be_chosen(keys_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAGFORGE_DEMO_PASSWORD", "open sesame, please")

    seed_demo()

    assert User.objects.get().check_password("open sesame, please")


def test_nothing_stays_when_the_keys_cannot_be_written(keys_file: Path, settings: Settings) -> None:
    settings.DATA = keys_file / "missing"

    with pytest.raises(OSError, match="missing"):
        seed_demo()

    assert not Organization.objects.exists()


def test_what_went_out_is_what_was_made(keys_file: Path) -> None:
    seed_demo()

    assert not OutboxEvent.objects.filter(processed_at__isnull=True).exists()


def test_visitor_of_the_readme_gets_answers_worth_reading(keys_file: Path) -> None:
    seed_demo()

    found = answers(targetingKey="user-42", country="IN")

    assert found["new-checkout"] == (True, "SPLIT")
    assert found["banner-text"] == ("Namaste! Free delivery in India this week", "TARGETING_MATCH")
    assert found["search-engine"] == ("vectors", "SPLIT")
    assert found["price-discount"] == (0.0, "DEFAULT")
    assert found["payments-v2"] == (True, "STATIC")
    assert found["maintenance-mode"] == (False, "STATIC")


def test_another_visitor_of_the_readme_gets_others(keys_file: Path) -> None:
    seed_demo()

    found = answers(targetingKey="user-1", prefers="dark", screen={"width": 1440}, app={"version": "v2.5"})

    assert found["new-checkout"] == (True, "TARGETING_MATCH")
    assert found["price-discount"] == (10.0, "TARGETING_MATCH")
    assert found["items-per-page"] == (48, "TARGETING_MATCH")
    assert found["theme"] == ({"background": "#10151c", "accent": "#5cc8ff", "dark": True}, "TARGETING_MATCH")


def test_winter_sale_begins_by_itself(keys_file: Path) -> None:
    seed_demo()

    found = answers(now=BOXING_DAY, targetingKey="user-42", country="IN")

    assert found["banner-text"] == ("Winter sale: 10 % off everything", "TARGETING_MATCH")
