"""What a lane leaves out it does not read, and reads whatever it may mean."""

from pathlib import Path

import pytest

from script.suite import NO_SERVICES, NOT_SLOW
from tests.lanes import may_be_meant

SQLITE = f"({NO_SERVICES}) and (not alone) and (not doors or postgresql) and ({NOT_SLOW})"
POSTGRESQL = f"(not alone or postgresql) and (not pages or postgresql) and ({NOT_SLOW})"
ALONE = f"(alone) and ({NO_SERVICES}) and ({NOT_SLOW})"


@pytest.mark.parametrize(
    ("path", "text", "lanes"),
    [
        ("tests/tenants/test_outbox.py", "", {SQLITE, POSTGRESQL}),
        ("tests/tenants/dashboard/test_pages.py", "", {SQLITE}),
        ("tests/tenants/dashboard/test_pages.py", "@pytest.mark.postgresql", {SQLITE, POSTGRESQL}),
        ("tests/tenants/api/test_users.py", "", {POSTGRESQL}),
        ("tests/deploy/test_charts.py", "", {ALONE}),
        ("tests/deploy/test_charts.py", "@pytest.mark.slow", {ALONE}),
        ("tests/deploy/test_charts.py", "pytestmark = pytest.mark.postgresql", {ALONE, POSTGRESQL}),
    ],
)
def test_a_file_is_read_where_a_test_of_it_may_run(path: str, text: str, lanes: set[str], tmp_path: Path) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)

    assert {lane for lane in (SQLITE, POSTGRESQL, ALONE) if may_be_meant(file, tmp_path, lane)} == lanes
    assert may_be_meant(file, tmp_path, "anything") == ("anything" in text)


def test_a_name_that_stands_in_the_text_may_be_a_marker(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text("@pytest.mark.slow")

    assert may_be_meant(file, tmp_path, "slow")
    assert may_be_meant(file, tmp_path, "not slow")
    assert not may_be_meant(file, tmp_path, "slow and alone")
