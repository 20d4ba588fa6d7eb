"""`manage.py refold` as an operator uses it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

pytestmark = pytest.mark.django_db


def test_it_says_how_many_batches_it_counted() -> None:
    now, said = timezone.now(), StringIO()

    call_command("refold", (now - timedelta(minutes=9)).isoformat(), now.isoformat(), stdout=said)

    assert said.getvalue() == "0 batches counted anew\n"


@pytest.mark.parametrize(
    ("begin", "why"), [("yesterday", "write a moment"), ("2020-01-01T00:00:00Z", "cannot be counted anew")]
)
def test_it_says_what_it_cannot_do(begin: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("refold", begin, timezone.now().isoformat())
