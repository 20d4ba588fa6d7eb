"""Which programs are dead for the moment and when each is due again: soon at first, seldom when it keeps dying."""

from script.processes import Process

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
LONG_LIFE = 60.0


class Revivals:
    """Keeps the times, in seconds of a monotonic clock that the caller reads; starts nothing."""

    def __init__(self) -> None:
        self._pauses: dict[str, float] = {}
        self._due: dict[Process, float] = {}

    def __contains__(self, process: Process) -> bool:
        return process in self._due

    def plan(self, process: Process, *, lived: float, now: float) -> float:
        """Note a death. How many seconds until the program is due again."""
        pause = next_pause(self._pauses.get(process.name), lived=lived)
        self._pauses[process.name] = pause
        self._due[process] = now + pause
        return pause

    def take_due(self, now: float) -> list[Process]:
        """The dead whose time has come; they are not told twice."""
        due = [process for process, moment in self._due.items() if moment <= now]
        for process in due:
            del self._due[process]
        return due


def next_pause(last: float | None, *, lived: float) -> float:
    """Twice the last one, up to a limit; the first again for a program that had lived well. `last` is None at its first death."""
    if last is None or lived >= LONG_LIFE:
        return FIRST_PAUSE
    return min(2 * last, LONGEST_PAUSE)
