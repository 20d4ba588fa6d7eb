"""Where the server listens and keeps its data: defaults, and words for what cannot be."""

import stat
from pathlib import Path

import pytest

from script.places import RefusedError, free_port, make_data_folder, read_places, require_free
from script.welcome import read_keys, welcome


def test_nothing_set_means_8000_8100_and_var() -> None:
    places = read_places({})

    assert (places.port, places.relay_port, places.data) == (8000, 8100, Path("var").resolve())


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "80.5", "٨٠٠٠"])
def test_what_is_no_port_is_refused_with_the_variables_name(text: str) -> None:
    with pytest.raises(RefusedError, match=r"FLAGFORGE_RELAY_PORT is .* from 1 to 65535"):
        read_places({"FLAGFORGE_RELAY_PORT": text})


def test_two_programs_on_one_port_are_refused() -> None:
    with pytest.raises(RefusedError, match="must differ"):
        read_places({"FLAGFORGE_PORT": "9000", "FLAGFORGE_RELAY_PORT": "9000"})


def test_an_existing_data_folder_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_data_folder(tmp_path)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_data_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    with pytest.raises(RefusedError, match="FLAGFORGE_DATA: cannot make the folder"):
        make_data_folder(in_the_way / "data")


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104  (asked for, not bound)
        ("::", "http://[::1]:8000"),
        ("10.1.2.3", "http://10.1.2.3:8000"),
    ],
)
def test_the_url_is_one_that_answers_on_this_machine(bind: str, url: str) -> None:
    assert read_places({"FLAGFORGE_BIND": bind}).url == url


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(RefusedError, match=r'FLAGFORGE_BIND: cannot listen on "192\.0\.2\.1": Cannot assign'):
        require_free("192.0.2.1", "FLAGFORGE_PORT", free_port())


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"owner": null, "environments": null}'])
def test_the_greeting_stands_without_keys(tmp_path: Path, content: str | None) -> None:
    places = read_places({"FLAGFORGE_DATA": str(tmp_path)})
    if content is not None:
        places.keys_file.write_text(content)

    greeting = welcome(places, read_keys(places.keys_file))

    assert "http://127.0.0.1:8000/" in greeting
    assert "http://127.0.0.1:8000/demo/" in greeting
