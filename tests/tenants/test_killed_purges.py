"""A purge whose worker is killed in each of its stages, one after the other, is finished by the next, and leaves nothing."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tenants import audit, services
from tenants.actors import Actor
from tenants.models import Organization, User
from tenants.orphans import orphans
from tenants.purging.stages import stages_of
from tests.contracts.test_every_model_is_walled import acme_has_everything  # noqa: F401  (a fixture)
from tests.journeys.conftest import surroundings
from tests.tenants.purged import filled, make_overdue, rows_of, told_of

PROGRAM = Path(__file__).parent / "killed_workers.py"
ROOT = PROGRAM.parents[2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("acme_has_everything")
def test_killed_in_every_stage_it_goes_on_to_the_end(acme: Organization, as_alice: Actor, tmp_path: Path) -> None:
    assert {table for table, count in rows_of(acme).items() if not count} == set(), "the fixture makes no row here"
    services.delete_organization(acme, actor=as_alice)
    make_overdue(acme)

    killed_in(stages_of(Organization), tmp_path)

    assert filled(acme) == set()
    assert list(orphans()) == []


@pytest.mark.django_db(transaction=True)
def test_killed_in_every_stage_a_name_is_erased_all_the_same(bob: User, as_bob: Actor, tmp_path: Path) -> None:
    services.rename_user(bob, name="Roberta", actor=as_bob)
    services.delete_account(bob, actor=as_bob)
    make_overdue(bob)

    killed_in(stages_of(User), tmp_path)

    assert told_of("Roberta", "bob@example.com") == set()
    assert audit.verify("instance").is_intact
    assert list(orphans()) == []


def killed_in(stages: Sequence[str], folder: Path) -> None:
    """A worker for each of them, and one to the end."""
    ran = subprocess.run(
        [sys.executable, str(PROGRAM), *stages],
        env={
            **surroundings(),
            "FLAGFORGE_DATA": str(folder),
            "PYTHONPATH": str(ROOT),
            "FLAGFORGE_LOG_LEVEL": "WARNING",
        },
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert ran.returncode == 0, ran.stderr
    expected = [*(f"{stage} SIGKILL" for stage in stages), "whole True"]
    assert ran.stdout.splitlines()[: len(expected)] == expected, ran.stderr
