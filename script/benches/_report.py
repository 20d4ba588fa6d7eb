"""What every bench hands back, and what becomes of it: a table to read and JSON to compare with later."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path("bench-results")
Cell = str | int | float | None


@dataclass
class Table:
    """Rows under columns, units in the columns' names; `notes` say what a reader must know to believe the numbers."""

    columns: Sequence[str]
    rows: list[Sequence[Cell]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        if len(cells) != len(self.columns):
            raise ValueError(f"a row of {len(cells)} cells under {len(self.columns)} columns: {cells}")
        self.rows.append(cells)

    def text(self) -> str:
        """Words to the left, numbers to the right."""
        lines = [list(self.columns), *([shown(cell) for cell in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        numeric = [
            all(isinstance(cell, int | float | None) for cell in column) for column in zip(*self.rows, strict=True)
        ]
        sides = [">" if is_number else "<" for is_number in numeric] or ["<"] * len(widths)
        shapes = list(zip(sides, widths, strict=True))
        body = [
            "  ".join(f"{cell:{side}{width}}" for cell, (side, width) in zip(line, shapes, strict=True))
            for line in lines
        ]
        return "\n".join([*(line.rstrip() for line in body), *(f"  {note}" for note in self.notes)])


def shown(cell: Cell) -> str:
    """A number as a person reads it: thousands apart, three digits where they say something."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.3g}"


def write_json(name: str, title: str, table: Table, folder: Path = RESULTS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    report = {"bench": name, "title": title, "machine": machine(), "rows": rows, "notes": table.notes}
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return path


def machine() -> Mapping[str, Cell]:
    """What the numbers depend on besides the code, and which code it was."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu_model(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "commit": commit(),
    }


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def commit() -> str | None:
    """The commit that was measured, with a plus when the tree differs from it; None without git."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()
