"""Gives a new release its share in steps, and takes it back at once where it burns its error budget."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.shifting.burning import Budget
from deploy.shifting.releases import ALL, Plan, upstreams_of
from deploy.shifting.watching import Log

TICK_SECONDS = 0.5


class Burnt(Exception):
    """The new release burns its budget; says over which window, and how fast."""


@dataclass
class Shifter:
    """`file` is the upstreams.conf that nginx includes, `reload` the command that makes it read that anew."""

    plan: Plan
    release: str
    file: Path
    reload: Sequence[str]
    log: Log
    budget: Budget = field(default_factory=Budget)
    say: Callable[[str], None] = print

    def shift(self, steps: Sequence[int], seconds: float) -> bool:
        """Whether it got all steps, each for so long at least; where not, and where this is interrupted, all is as before."""
        try:
            for share in steps:
                self._give(share)
                self._watch(share, seconds)
        except Burnt as error:
            self.say(str(error))
            self._give(0)
            return False
        except BaseException:
            self._give(0)
            raise
        return True

    def _give(self, share: int) -> None:
        draft = self.file.with_suffix(".new")
        draft.write_text(upstreams_of(self.plan, self.release, share))
        os.replace(draft, self.file)
        subprocess.run(self.reload, check=True)  # noqa: S603  (the operator's own command)
        self.say(f"{self.release} gets {share} %, {self.plan.other(self.release)} {ALL - share} %.")

    def _watch(self, share: int, seconds: float) -> None:
        """Until the time is over and enough was answered to judge by. Raises Burnt."""
        addresses, begun, answered = self.plan.addresses(self.release), time.monotonic(), 0
        while time.monotonic() - begun < seconds or answered < self.budget.fewest:
            time.sleep(min(TICK_SECONDS, seconds / 4))
            came, now = list(self.log.news(addresses)), time.monotonic()
            answered += len(came)
            self.budget.add(now, came)
            if window := self.budget.burning(now):
                asked, failed = self.budget.counts(now, window.long)
                burn = self.budget.burn(now, window.long)
                raise Burnt(
                    f"{self.release} failed {failed} of {asked} at {share} %: {burn:.0f} times its error budget "
                    f"({window.burn:g} is the most, over {window.long:g} and {window.short:g} s). It gets nothing any more."
                )
