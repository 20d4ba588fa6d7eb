"""What the doctor says, of each thing that was looked at: a state, what was found, and how it is mended."""

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tenants.variables import MASK


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """`part` is what was looked at (`redis commands`), `mend` the one thing to do about it ("" where all is well)."""

    part: str
    state: State
    said: str
    mend: str = ""


def ok(part: str, said: str) -> Finding:
    return Finding(part, State.OK, said)


def warning(part: str, said: str, mend: str) -> Finding:
    return Finding(part, State.WARNING, said, mend)


def fault(part: str, said: str, mend: str) -> Finding:
    return Finding(part, State.FAULT, said, mend)


def without(secrets: Iterable[str], finding: Finding) -> Finding:
    """The finding, should it quote one of these texts, without it."""
    said, mend = finding.said, finding.mend
    for secret in sorted(secrets, key=len, reverse=True):
        said, mend = said.replace(secret, MASK), mend.replace(secret, MASK)
    return replace(finding, said=" ".join(said.split()), mend=mend)


def as_table(findings: Sequence[Finding], *, width: int = 110) -> str:
    lines = [line for finding in findings for line in _lines(finding, width)]
    return "\n".join([*lines, "", summary(findings)])


def _lines(finding: Finding, width: int) -> Iterable[str]:
    head = f"{finding.state:<8} {finding.part:<22} "
    indent = " " * len(head)
    yield from textwrap.wrap(finding.said, width, initial_indent=head, subsequent_indent=indent) or [head]
    if finding.mend:
        yield from textwrap.wrap(
            finding.mend, width, initial_indent=f"{indent}→ ", subsequent_indent=f"{indent}  ", break_on_hyphens=False
        )


def summary(findings: Sequence[Finding]) -> str:
    counts = {state: sum(finding.state == state for finding in findings) for state in State}
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def as_json(findings: Sequence[Finding]) -> str:
    members = [
        {"part": finding.part, "state": finding.state, "said": finding.said, "mend": finding.mend}
        for finding in findings
    ]
    return json.dumps({"healthy": not has_fault(findings), "findings": members}, indent=2, ensure_ascii=False)


def has_fault(findings: Iterable[Finding]) -> bool:
    return any(finding.state == State.FAULT for finding in findings)
