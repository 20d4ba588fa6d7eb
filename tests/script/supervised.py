"""Runs shell commands under a supervisor as script/server would; the tests stop and kill it from outside.

A command that begins with the comment `# restarted` is started again when it dies.
"""

import sys

from script.console import Console
from script.processes import Program
from script.supervisor import ProgramDiedError, StopRequested, Supervisor


def main(grace: float, commands: list[str]) -> int:
    console = Console()
    try:
        with Supervisor(console, grace=grace) as supervisor:
            for number, command in enumerate(commands):
                is_restarted = command.startswith("# restarted\n")
                supervisor.start(Program(f"p{number}", ["bash", "-c", command], is_restarted=is_restarted))
            supervisor.run_until_stopped()
    except StopRequested as asked:
        console.say(f"asked by {asked}")
        return 0
    except ProgramDiedError as error:
        console.say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
