"""Outside of working hours, by the clocks of the place: days, nights, and the two days a year on which clocks are put."""

from datetime import datetime
from typing import Any

import pytest

from tenants.alerts.hours import faults_of_hours, is_outside

RIGA = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "18:00", "time_zone": "Europe/Riga"}
NIGHTS = {**RIGA, "days": ["fri"], "from": "22:00", "until": "06:00"}
WHOLE_DAYS = {**RIGA, "from": "00:00", "until": "00:00"}


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        ({}, "2026-11-27T12:00:00+00:00", True),
        # Friday in winter: two hours before UTC.
        (RIGA, "2026-11-27T06:59:59+00:00", True),
        (RIGA, "2026-11-27T07:00:00+00:00", False),
        (RIGA, "2026-11-27T15:59:59+00:00", False),
        (RIGA, "2026-11-27T16:00:00+00:00", True),
        # Saturday.
        (RIGA, "2026-11-28T12:00:00+00:00", True),
        # Still Sunday by UTC, and Monday there; and the other way round.
        (WHOLE_DAYS, "2026-11-29T21:59:00+00:00", True),
        (WHOLE_DAYS, "2026-11-29T22:01:00+00:00", False),
        (WHOLE_DAYS, "2026-11-27T22:01:00+00:00", True),
        # The Fridays before and after clocks are put forward on 29 March 2026: nine is an hour earlier by UTC.
        (RIGA, "2026-03-27T06:30:00+00:00", True),
        (RIGA, "2026-03-30T06:30:00+00:00", False),
        # And back, on 25 October.
        (RIGA, "2026-10-23T06:30:00+00:00", False),
        (RIGA, "2026-10-26T06:30:00+00:00", True),
        # A night that began on Friday is Friday's.
        (NIGHTS, "2026-11-27T20:30:00+00:00", False),
        (NIGHTS, "2026-11-28T03:59:00+00:00", False),
        (NIGHTS, "2026-11-28T04:00:00+00:00", True),
        (NIGHTS, "2026-11-28T20:30:00+00:00", True),
        (NIGHTS, "2026-11-27T03:00:00+00:00", True),
        # The hour that comes twice, at three in the night of 25 October, is no working hour either time.
        ({**RIGA, "days": ["sun"], "from": "04:00"}, "2026-10-25T00:30:00+00:00", True),
        ({**RIGA, "days": ["sun"], "from": "04:00"}, "2026-10-25T01:30:00+00:00", True),
        ({**RIGA, "days": ["sun"], "from": "04:00"}, "2026-10-25T02:00:00+00:00", False),
    ],
)
def test_a_moment_lies_outside_by_the_clocks_of_the_place(hours: dict[str, Any], at: str, expected: bool) -> None:
    assert is_outside(hours, datetime.fromisoformat(at)) is expected


@pytest.mark.parametrize(
    ("hours", "path"),
    [
        ("nights", "working_hours"),
        ({"days": ["mon"]}, "working_hours"),
        ({**RIGA, "weeks": 3}, "working_hours"),
        ({**RIGA, "days": []}, "working_hours.days"),
        ({**RIGA, "days": ["friday"]}, "working_hours.days"),
        ({**RIGA, "days": "mon"}, "working_hours.days"),
        ({**RIGA, "days": [["mon"]]}, "working_hours.days"),
        ({**RIGA, "from": "9"}, "working_hours.from"),
        ({**RIGA, "from": "09:00:30"}, "working_hours.from"),
        ({**RIGA, "until": "24:01"}, "working_hours.until"),
        ({**RIGA, "until": 18}, "working_hours.until"),
        ({**RIGA, "time_zone": "Europe/Atlantis"}, "working_hours.time_zone"),
        ({**RIGA, "time_zone": "../../etc/passwd"}, "working_hours.time_zone"),
        ({**RIGA, "time_zone": ["UTC"]}, "working_hours.time_zone"),
    ],
)
def test_what_is_wrong_is_said_at_its_path(hours: Any, path: str) -> None:
    assert [fault.path for fault in faults_of_hours(hours)] == [path]


@pytest.mark.parametrize("hours", [{}, RIGA, NIGHTS, WHOLE_DAYS])
def test_what_is_right_is_accepted(hours: Any) -> None:
    assert not list(faults_of_hours(hours))
