"""What the relays behind a relay report, until it is passed on."""

import time
from dataclasses import replace

from ..wire.convergence import MOST_REPORTERS, Report, Reporter


class Passed:
    """The newest of each relay, since it was last handed on."""

    def __init__(self) -> None:
        self._reporters: dict[str, tuple[Reporter, float]] = {}
        self._gone: set[str] = set()

    def take(self, report: Report) -> None:
        for each in report.reporters[: MOST_REPORTERS - len(self._reporters)]:
            before = self._reporters.pop(each.id, None)
            seen = {**(before[0].seen if before else {}), **each.seen}
            self._reporters[each.id] = (replace(each, seen=seen), time.monotonic())
        for gone in report.gone:
            self._reporters.pop(gone, None)
            if len(self._gone) < MOST_REPORTERS:
                self._gone.add(gone)

    def hand_on(self) -> Report:
        now = time.monotonic()
        reporters = [replace(each, silent=each.silent + now - heard_at) for each, heard_at in self._reporters.values()]
        gone = sorted(self._gone)
        self._reporters, self._gone = {}, set()
        return Report(reporters, gone)
