"""The file of a backup: a header that anybody reads, and the rows as compressed lines of JSON, encrypted.

    FLAGFORGE BACKUP 1\\n · length (4 bytes) · header (JSON) · chunks (tenants.backups.ciphering)

The header says who made it, of which schema it is, how many rows each table has, and which key opens it. The chunks are bound
to it, so that it cannot be altered either.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any

from tenants.backups.ciphering import CHUNK_BYTES, LENGTH_BYTES, Lock, Unusable, seal, unseal

MAGIC = b"FLAGFORGE BACKUP 1\n"
LONGEST_HEADER = 1 << 20
# No row is longer: the longest hold a manifest or a day of telemetry.
LONGEST_LINE = 1 << 28

# The rows of one table, or some of them: its name, and the values of each row in the order of the table's columns.
Page = tuple[str, list[list[Any]]]


@dataclass(frozen=True, slots=True)
class Header:
    """`schema` holds the last migration of each app, `counts` the rows of each table, `columns` their names in order.

    `sequences` are the last numbers that were given out, `sealed_with` the id of the envelope key that seals, `made_at` is
    ISO 8601.
    """

    version: str
    made_at: str
    database: str
    schema: dict[str, str]
    counts: dict[str, int]
    columns: dict[str, list[str]]
    sequences: dict[str, int]
    sealed_with: str
    lock: Lock

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def write(header: Header, pages: Iterable[Page], into: IO[bytes]) -> None:
    """One walk over the pages, in little memory."""
    told = json.dumps(asdict(header), sort_keys=True, separators=(",", ":")).encode()
    into.write(MAGIC + len(told).to_bytes(LENGTH_BYTES, "big") + told)
    seal(_chunks(_compressed(_lines(pages))), into, header.lock, told)


def read_header(file: IO[bytes]) -> tuple[Header, bytes]:
    """What it says, and the bytes that the chunks are bound to. Raises `Unusable`."""
    if file.read(len(MAGIC)) != MAGIC:
        raise Unusable("This is no backup that this version of FlagForge reads: it begins otherwise.")
    length = int.from_bytes(file.read(LENGTH_BYTES), "big")
    told = file.read(min(length, LONGEST_HEADER))
    try:
        document = json.loads(told)
        return Header(**{**document, "lock": Lock(**document["lock"])}), told
    except (ValueError, TypeError, KeyError):
        raise Unusable("The header of the backup is damaged or cut off. Use another copy of it.") from None


def check(file: IO[bytes]) -> Header:
    """Read and verify the whole file. Raises `Unusable`."""
    header, told = read_header(file)
    for _ in unseal(file, header.lock, told):
        pass
    return header


def read_pages(file: IO[bytes]) -> Iterator[Page]:
    """Of a file at its beginning. Raises `Unusable`."""
    header, told = read_header(file)
    for line in _split(_inflated(unseal(file, header.lock, told))):
        name, rows = json.loads(line)
        yield name, rows


def _lines(pages: Iterable[Page]) -> Iterator[bytes]:
    for page in pages:
        yield json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _compressed(lines: Iterable[bytes]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(6)
    for line in lines:
        yield squeeze.compress(line)
    yield squeeze.flush()


def _chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    yield bytes(held)


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """In parts of a bounded size, however much is squeezed into a chunk."""
    swell = zlib.decompressobj()
    for chunk in chunks:
        rest = chunk
        while rest:
            yield swell.decompress(rest, CHUNK_BYTES)
            rest = swell.unconsumed_tail
    yield swell.flush()


def _split(parts: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for part in parts:
        held += part
        if b"\n" in part:
            *lines, rest = held.split(b"\n")
            yield from map(bytes, lines)
            held = bytearray(rest)
        elif len(held) > LONGEST_LINE:
            raise Unusable("The backup holds a line that no version of FlagForge writes.")
