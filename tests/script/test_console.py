"""What a terminal shows of several programs at once."""

import io

from script.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_stand_behind_the_names_and_halves_wait_for_their_end() -> None:
    shown = io.StringIO()
    console = Console(["control", "worker"], shown)

    console.forward("worker", b"one\ntw")
    console.forward("control", b"ready\n")
    console.forward("worker", b"o\n")

    assert shown.getvalue() == "worker  │ one\ncontrol │ ready\nworker  │ two\n"


def test_without_a_terminal_there_is_no_colour_not_even_the_programs_own() -> None:
    shown = io.StringIO()

    Console(["a"], shown).forward("a", b"\x1b[31mred\x1b[0m\n")

    assert shown.getvalue() == "a │ red\n"


def test_a_terminal_gets_a_colour_per_program() -> None:
    shown = Terminal()
    console = Console(["a", "b"], shown)

    console.forward("a", b"x\n")
    console.forward("b", b"x\n")

    assert shown.getvalue() == "\x1b[36ma │ \x1b[0mx\n\x1b[35mb │ \x1b[0mx\n"


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    shown = io.StringIO()

    Console(["a"], shown).forward("a", b"\xff\n")

    assert shown.getvalue() == "a │ �\n"
