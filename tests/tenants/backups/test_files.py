"""What becomes of a file that was altered, cut off, or is encrypted with another key: it is refused, and says so."""

import io
import os
from typing import Any

import pytest

from tenants.backups import ciphering, files
from tenants.backups.ciphering import CHUNK_BYTES, Unusable, new_lock
from tenants.backups.files import Header

PAGES: list[files.Page] = [
    ("plain", [[1, "zoë", None, True, 0.5]]),
    ("long", [[number, os.urandom(60).hex()] for number in range(40_000)]),
    ("none", []),
]


def written(pages: list[files.Page] = PAGES) -> bytes:
    file = io.BytesIO()
    files.write(
        Header("1", "2026-01-02T03:04:05+00:00", "sqlite", {}, {"long": 2}, {}, {}, "", new_lock()), pages, file
    )
    return file.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(Unusable) as refused:
        files.check(io.BytesIO(content))
    return str(refused.value)


def test_what_was_written_is_read_in_chunks_of_a_bounded_size() -> None:
    content = written()

    assert len(content) > 2 * CHUNK_BYTES
    assert [tuple(page) for page in files.read_pages(io.BytesIO(content))] == PAGES
    assert files.check(io.BytesIO(content)).counts == {"long": 2}
    assert b"plain" not in content


@pytest.mark.parametrize("at", [0.03, 0.5, 0.999])
def test_one_altered_byte_anywhere_is_noticed(at: float) -> None:
    content = bytearray(written())
    content[int(len(content) * at)] ^= 1

    assert "altered" in refusal(bytes(content))


def test_an_altered_header_is_noticed() -> None:
    assert "altered" in refusal(written().replace(b'"database":"sqlite"', b'"database":"sqlitf"'))
    assert "is no backup" in refusal(b"PGDMP" + written())
    assert "header" in refusal(written()[:60])


def test_a_file_that_is_cut_off_is_refused_wherever_that_is() -> None:
    content = written()
    starts = chunks(content)

    assert len(starts) > 2
    for start in starts[1:]:
        assert "its end is missing" in refusal(content[:start])
    assert "content is missing" in refusal(content[: starts[0]])
    assert "cut off" in refusal(content[:-1])
    assert "cut off" in refusal(content[: starts[1] + 2])


def test_chunks_that_change_places_are_noticed() -> None:
    content = written()
    first, second, third = chunks(content)[:3]

    assert "altered" in refusal(content[:first] + content[second:third] + content[first:second] + content[third:])


def test_another_key_does_not_open_it_and_the_message_names_the_one_that_does(settings: Any) -> None:
    settings.BACKUP_KEYS = (b"k" * 32,)
    content = written()
    settings.BACKUP_KEYS = (b"l" * 32,)

    assert f"another FLAGFORGE_BACKUP_KEY ({ciphering.id_of(b'k' * 32)})" in refusal(content)

    settings.BACKUP_KEYS = (b"l" * 32, b"k" * 32)
    assert files.check(io.BytesIO(content)).rows == 2


def chunks(content: bytes) -> list[int]:
    """Where each begins."""
    file, found = io.BytesIO(content), []
    files.read_header(file)
    while file.tell() < len(content):
        found.append(file.tell())
        file.seek(int.from_bytes(file.read(4), "big"), 1)
    return found
