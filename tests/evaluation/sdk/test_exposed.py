"""Who was told of is remembered for an hour, within bounds, and nobody is left out."""

from evaluation.sdk.telemetry.exposed import AGAIN_SECONDS, Exposed


def met(number: int) -> tuple[str, str, str]:
    return "trial", "on", f"user-{number}"


def test_everybody_is_remembered_for_an_hour_and_then_told_again_not_all_at_once() -> None:
    exposed = Exposed(2**18)
    for number in range(10_000):
        assert not exposed.has(met(number), 0.0)
        exposed.add(met(number), 0.0)

    known = [sum(exposed.has(met(n), share * AGAIN_SECONDS) for n in range(10_000)) for share in (0, 0.5, 1)]

    assert known[0] == 10_000
    assert 4_500 < known[1] < 5_500
    assert known[2] == 0


def test_of_more_than_there_is_room_for_some_are_told_again_and_memory_stays() -> None:
    exposed = Exposed(2**10)
    for number in range(10_000):
        exposed.add(met(number), 0.0)

    assert exposed._table is not None
    assert len(exposed._table) * exposed._table.itemsize == 4 * 2**10
    assert 900 < sum(exposed.has(met(number), 0.0) for number in range(10_000)) <= 1_024


def test_nobody_is_taken_for_another() -> None:
    exposed = Exposed(2**16)
    for number in range(60_000):
        exposed.add(met(number), 0.0)

    assert sum(exposed.has(met(number), 0.0) for number in range(60_000, 120_000)) == 0
    assert not exposed.has(("trial", "off", "user-1"), 0.0)
