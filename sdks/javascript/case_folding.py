"""Writes src/core/case_folding_table.ts: Unicode's full case folding, as this Python knows it.

`python sdks/javascript/case_folding.py`, where a new Unicode has new letters.
"""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

TABLE = Path(__file__).parent / "src/core/case_folding_table.ts"
HEAD = """\
// Made by case_folding.py: Unicode's full case folding. `RUNS`: first code point, how many, step between them, what to add, in
// base 36. `LONGER`: a letter and what it becomes, where that is more than one.
"""


def main() -> None:
    TABLE.write_text(table())


def table() -> str:
    """The whole file."""
    runs = ",".join(_base_36(number) for run in _runs() for number in run)
    longer = ",".join(f"{chr(code)}{chr(code).casefold()}" for code in _folding() if len(chr(code).casefold()) > 1)
    lines = [f'export const UNICODE = "{unicodedata.unidata_version}";']
    lines += [f'export const RUNS =\n  "{runs}";', f'export const LONGER =\n  "{longer}";']
    return HEAD + "\n" + "\n".join(lines) + "\n"


def _folding() -> Iterator[int]:
    return (code for code in range(sys.maxunicode + 1) if chr(code).casefold() != chr(code))


def _runs() -> list[list[int]]:
    runs: list[list[int]] = []
    for code in _folding():
        folded = chr(code).casefold()
        if len(folded) == 1 and not _continues(runs, code, ord(folded) - code):
            runs.append([code, 1, 0, ord(folded) - code])
    return runs


def _continues(runs: list[list[int]], code: int, difference: int) -> bool:
    """Lengthen the last run by this letter, if it is its next one."""
    if not runs or runs[-1][3] != difference:
        return False
    first, count, step, _ = run = runs[-1]
    wanted = step or code - first
    if wanted > 2 or code != first + count * wanted:
        return False
    run[1:3] = count + 1, wanted
    return True


def _base_36(number: int) -> str:
    digits, rest = "", abs(number)
    while rest:
        rest, digit = divmod(rest, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


if __name__ == "__main__":
    main()
