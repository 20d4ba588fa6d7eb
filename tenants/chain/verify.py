"""`flagforge-audit-verify EXPORT --keys KEYS --checkpoints …`: whether an audit log is as it was written. Needs no server.

EXPORT is the NDJSON export of a whole organization; the checkpoints are those that were kept elsewhere: files of the folder of
checkpoints, bodies of webhooks, or an answer of the management API.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from .checkpoints import Checkpoint, PublicKeys, Untrusted, documents_in, keys_of, read_checkpoint
from .entries import Entry, read_entry
from .findings import Finding, Report
from .walk import Walk

INTACT, BROKEN, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        keys = keys_of(json.loads(given.keys.read_bytes())) if given.keys else {}
        checkpoints, doubts = trusted(files_below(given.checkpoints), keys)
        with _opened(given.export) as lines:
            report = verified(entries_of(lines), checkpoints, doubts)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"flagforge-audit-verify: {error}\n")
        return UNREADABLE
    said = json.dumps(report.document()) if given.json else "\n".join(report.lines())
    sys.stdout.write(f"{said}\n")
    return INTACT if report.is_intact else BROKEN


def verified(entries: Iterable[Entry], checkpoints: Sequence[Checkpoint], doubts: Sequence[str] = ()) -> Report:
    """All entries must be of one chain, which is that of the checkpoints where there is no entry left. Raises ValueError."""
    walk = None
    for entry in entries:
        walk = walk or Walk(entry.chain, checkpoints)
        if entry.chain != walk.report.chain:
            raise ValueError(f"entries of two chains, {walk.report.chain} and {entry.chain}: export one organization")
        walk.see(entry)
    if walk is None:
        walk = Walk(checkpoints[0].chain if checkpoints else "nothing", checkpoints)
    report = walk.end()
    for doubt in doubts:
        report.add(Finding("checkpoint", 0, 0, doubt))
    if not report.entries and not report.faults:
        report.add(Finding("missing", 0, 0, "there is no entry, so nothing is shown"))
    if report.is_intact and not report.signed:
        report.remarks.append("No checkpoint vouches for it: whoever wrote the export may have written all of it anew.")
    elif report.is_intact and report.last > report.signed:
        told = f"Entries {report.signed + 1} to {report.last} are newer than the newest checkpoint"
        report.remarks.append(f"{told}: what came behind them may have been cut off.")
    return report


def entries_of(lines: Iterable[bytes]) -> Iterator[Entry]:
    for number, line in enumerate(lines, start=1):
        try:
            yield read_entry(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"line {number}: {error}") from None


def trusted(files: Iterable[Path], keys: PublicKeys) -> tuple[list[Checkpoint], list[str]]:
    """The checkpoints that one of the keys has signed, and what is wrong with the others."""
    found, doubts = [], []
    for file in files:
        try:
            found += [read_checkpoint(document, keys) for document in documents_in(file.read_bytes())]
        except Untrusted as error:
            doubts.append(f"{file.name}: {error}")
        except (ValueError, TypeError):
            doubts.append(f"{file.name}: this is no checkpoint")
    return found, doubts


def files_below(places: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, and of folders each checkpoint in them."""
    for place in places:
        yield from sorted(place.rglob("*.checkpoint.json")) if place.is_dir() else [place]


def _opened(file: Path) -> IO[bytes]:
    return sys.stdin.buffer if str(file) == "-" else file.open("rb")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flagforge-audit-verify", description="Verify an audit log without any server."
    )
    parser.add_argument("export", type=Path, metavar="EXPORT", help="the NDJSON export; - reads it from standard input")
    parser.add_argument("--keys", type=Path, help="the public keys that sign checkpoints, as a JWKS")
    parser.add_argument(
        "--checkpoints", type=Path, nargs="+", default=[], metavar="PLACE", help="checkpoints, and folders of them"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
