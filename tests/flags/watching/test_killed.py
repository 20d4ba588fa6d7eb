"""A worker that is killed over the note or the mail leaves all to the next; of several at once one tells."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from flags import services
from flags.models import Flag, WatchedEvent, WatchPosition
from flags.watching.following import follow
from flags.watching.sending import send
from tenants.actors import Actor
from tenants.models import Environment, Mail
from tests.conftest import AtOnce
from tests.journeys.conftest import surroundings

pytestmark = pytest.mark.django_db(transaction=True)
DYING = """
import os, signal, sys, django
django.setup()
from datetime import timedelta
from django.db import connection
from django.utils import timezone
from flags.watching.following import follow
from flags.watching.sending import send

def killed(execute, sql, params, many, context):
    done = execute(sql, params, many, context)
    if sql.startswith("INSERT") and f'INTO "{sys.argv[1]}"' in sql:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

with connection.execute_wrapper(killed):
    follow()
    send(timezone.now() + timedelta(minutes=2))
"""


@pytest.mark.parametrize("table", ["flags_watchedevent", "tenants_mail"])
def test_a_worker_that_is_killed_leaves_all_to_the_next(
    watched: Flag, development: Environment, as_ada: Actor, table: str
) -> None:
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    command = [sys.executable, "-c", DYING, table]

    ended = subprocess.run(command, env=surroundings(), timeout=100, check=False)

    assert ended.returncode == -9
    assert not Mail.objects.exists()
    assert not WatchedEvent.with_deleted.filter(told_at__isnull=False).exists()
    later = timezone.now() + timedelta(minutes=2)
    follow()
    assert (send(later), send(later)) == (1, 0)
    assert Mail.objects.count() == 1


def test_several_workers_at_once_note_and_mail_it_once(
    watched: Flag, development: Environment, as_ada: Actor, at_once: AtOnce
) -> None:
    WatchPosition.with_deleted.all().delete()
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)

    at_once(*[follow] * 4)
    assert WatchedEvent.with_deleted.count() == 1
    later = timezone.now() + timedelta(minutes=2)
    answers = at_once(*[lambda: send(later)] * 4)

    assert sorted(answers) == [0, 0, 0, 1]  # type: ignore[type-var]
    assert Mail.objects.count() == 1
