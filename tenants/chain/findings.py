"""What a verification found: each fault with the entry that it is about."""

from dataclasses import asdict, dataclass, field
from typing import Any

# Found, and what it means.
KINDS = {
    "edited": "the entry is not what was hashed",
    "erased": "a part of the entry is gone, and no later entry says that it was erased",
    "removed": "entries are missing, before others that are there",
    "reordered": "the entry stands where it was not written",
    "cut_off": "entries are missing at the end",
    "rewritten": "the entry is another one than a checkpoint has signed",
    "added": "the entry was put in beside the chain",
    "head": "the end of the chain was not written with the key of this installation",
    "checkpoint": "a checkpoint cannot be trusted",
    "missing": "there is no entry at all",
}
# More than this nobody reads; the number of all is told.
MOST = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """`first` and `last` are positions, of one entry the same twice; `entry` is its id, "" where it is gone."""

    kind: str
    first: int
    last: int
    words: str
    entry: str = ""

    def __str__(self) -> str:
        return f"{self.kind.upper()}: {self.words}"


@dataclass(slots=True)
class Report:
    """Of one chain. `signed` is the highest position that a checkpoint vouches for; 0: none does."""

    chain: str
    entries: int = 0
    first: int = 0
    last: int = 0
    signed: int = 0
    faults: int = 0
    findings: list[Finding] = field(default_factory=list)
    # What is true and no fault, but limits what was shown.
    remarks: list[str] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        return not self.faults

    def add(self, finding: Finding) -> None:
        self.faults += 1
        if len(self.findings) < MOST:
            self.findings.append(finding)

    def document(self) -> dict[str, Any]:
        return {"intact": self.is_intact, **asdict(self)}

    def lines(self) -> list[str]:
        """For people."""
        state = "intact" if self.is_intact else f"BROKEN, {self.faults} found"
        signed = f"signed up to {self.signed}" if self.signed else "none is signed"
        told = f"{self.entries} entries, {self.first} to {self.last}" if self.entries else "no entries"
        rest = self.faults - len(self.findings)
        more = [f"  and {rest} more"] if rest else []
        shown = [f"  {finding}" for finding in self.findings]
        return [f"{self.chain}: {state} ({told}; {signed})", *shown, *more, *(f"  {one}" for one in self.remarks)]
