"""By simulation: how often intervals and tests err, and how often they find. Each has a small version, and one of 2,000 runs."""

from collections.abc import Callable
from math import sqrt
from statistics import median

import numpy as np
import pytest

from analytics.statistics import bayesian, fixed_horizon, quantiles, sequential
from analytics.statistics.effects import Effect, mean_of, rate_of
from analytics.statistics.moments import Moments, Numbers, mean
from analytics.statistics.power import Design, for_means, for_rates
from tests.analytics.statistics.worlds import RATERS, SHARES_OF_STARS, STARS, WORLDS, habits, slowest_by_value

Say = Callable[[str], None]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Numbers]

RUNS = pytest.mark.parametrize("runs", [100, pytest.param(2_000, marks=pytest.mark.slow)])
ALPHA = 0.05
DAYS = 28
A_DAY = 100
DAYS_OF_RATERS = range(RATERS // 8, RATERS + 1, RATERS // 8)
# So many standard deviations of a simulation's own noise are let pass.
NOISE = 3.5

PEEKED: dict[str, Draw] = {
    "rates of 5 %": lambda random, shape: (random.random(shape) < 0.05).astype(float),
    "rates of 1 %": lambda random, shape: (random.random(shape) < 0.01).astype(float),
    "skewed means": lambda random, shape: random.lognormal(0, 1.5, shape),
}
# Of a variant that one in twenty meets, and of what hardly anybody does.
UNEVEN_A_DAY = (50, 950)
RARE: dict[str, Draw] = {
    "rates of 1 %": lambda random, shape: (random.random(shape) < 0.01).astype(float),
    "rates of 0.1 %": lambda random, shape: (random.random(shape) < 0.001).astype(float),
    "what one in fifty spends": lambda random, shape: (random.random(shape) < 0.02) * random.lognormal(3, 1, shape),
}


def noise_of(rate: float, runs: int) -> float:
    return NOISE * sqrt(rate * (1 - rate) / runs)


def peeked(draw: Draw, runs: int, test: Callable[..., Effect]) -> float:
    """The share of A/A tests in which a daily look finds a difference at least once."""
    values = draw(np.random.default_rng(28), (runs, 2, DAYS, A_DAY))
    totals, squares = values.sum(axis=3).cumsum(axis=2), (values**2).sum(axis=3).cumsum(axis=2)

    def sees(run: int, day: int) -> bool:
        both = (mean_of((day + 1) * A_DAY, totals[run, side, day], squares[run, side, day]) for side in (0, 1))
        return test(*both).is_significant

    return sum(any(sees(run, day) for day in range(DAYS)) for run in range(runs)) / runs


@RUNS
@pytest.mark.parametrize("metric", PEEKED)
def test_a_daily_look_at_sequential_intervals_finds_nothing_where_nothing_is(metric: str, runs: int, say: Say) -> None:
    found = peeked(PEEKED[metric], runs, lambda *both: sequential.difference(*both, tuned_for=DAYS * A_DAY))

    say(
        f"A/A tests looked at daily, {metric}, sequential intervals: {found:.2%} of {runs:,} differ, at most 5 % stated"
    )
    assert found <= ALPHA


@RUNS
@pytest.mark.parametrize("metric", RARE)
def test_a_small_variant_that_has_not_seen_a_rare_event_yet_does_not_differ(metric: str, runs: int, say: Say) -> None:
    random = np.random.default_rng(29)

    def sees() -> bool:
        values = [RARE[metric](random, (DAYS, a_day)) for a_day in UNEVEN_A_DAY]
        sums = [(each.sum(axis=1).cumsum(), (each**2).sum(axis=1).cumsum()) for each in values]
        looks = (
            [
                mean_of((day + 1) * a_day, totals[day], squares[day])
                for a_day, (totals, squares) in zip(UNEVEN_A_DAY, sums, strict=True)
            ]
            for day in range(1, DAYS)
        )
        return any(sequential.difference(*look, tuned_for=DAYS * sum(UNEVEN_A_DAY)).is_significant for look in looks)

    found = sum(sees() for _ in range(runs)) / runs

    say(
        f"A/A tests looked at daily, {metric}, a twentieth with the variant: {found:.2%} of {runs:,} differ, at most 5 %"
    )
    assert found <= ALPHA


@RUNS
def test_a_daily_look_at_fixed_intervals_finds_a_difference_where_none_is(runs: int, say: Say) -> None:
    found = peeked(PEEKED["rates of 5 %"], runs, fixed_horizon.difference)

    say(f"A/A tests looked at daily, fixed-horizon intervals: {found:.2%} of {runs:,} differ, 5 % stated for one look")
    assert found > 3 * ALPHA


@RUNS
def test_sequential_intervals_hold_the_truth_every_day(runs: int, say: Say) -> None:
    random = np.random.default_rng(5)
    done = random.binomial(A_DAY, [[[0.05], [0.07]]], (runs, 2, DAYS)).cumsum(axis=2)

    def holds(run: int, day: int) -> bool:
        both = (rate_of(int(done[run, side, day]), (day + 1) * A_DAY) for side in (1, 0))
        return 0.02 in sequential.difference(*both, tuned_for=DAYS * A_DAY).interval

    share = sum(all(holds(run, day) for day in range(DAYS)) for run in range(runs)) / runs

    say(f"sequential intervals: {share:.2%} of {runs:,} hold the truth on all {DAYS} days, at least 95 % stated")
    assert share >= 1 - ALPHA


@RUNS
@pytest.mark.parametrize("kind", WORLDS)
def test_fixed_intervals_cover_as_stated(kind: str, runs: int, say: Say) -> None:
    random, world = np.random.default_rng(11), WORLDS[kind]

    covered = sum(world.truth in world.outcome(random).interval for _ in range(runs)) / runs

    say(f"intervals of {kind}: {covered:.2%} of {runs:,} cover the truth, 95 % stated")
    assert covered == pytest.approx(1 - ALPHA, abs=noise_of(ALPHA, runs))


@RUNS
def test_quantiles_that_forget_whose_values_they_are_do_not_cover(runs: int, say: Say) -> None:
    random = np.random.default_rng(12)

    covered = sum(WORLDS["quantiles"].truth in slowest_by_value(random).interval for _ in range(runs)) / runs

    say(f"intervals of quantiles as if no subject had two values: {covered:.2%} of {runs:,} cover the truth")
    assert covered < 1 - ALPHA - noise_of(ALPHA, runs)


TIED: dict[str, tuple[float, Callable[[np.random.Generator], Numbers]]] = {
    "stars, half of them at most three": (0.5, lambda random: random.choice(STARS, RATERS, p=SHARES_OF_STARS)),
    "stars, 49 % of them at most three": (
        0.5,
        lambda random: random.choice(STARS, RATERS, p=[0.1, 0.15, 0.24, 0.3, 0.21]),
    ),
    "latencies in steps of 4 ms": (0.5, lambda random: 4 * np.round(random.lognormal(5, 0.5, RATERS) / 4)),
    "latencies cut off at the quantile": (0.95, lambda random: np.minimum(random.lognormal(5, 0.5, RATERS), 337.8)),
    "items in a basket": (0.9, lambda random: random.poisson(3, RATERS).astype(float)),
}


@pytest.mark.parametrize(
    ("values", "runs"),
    [(next(iter(TIED)), 50), *(pytest.param(each, 2_000, marks=pytest.mark.slow) for each in TIED)],
)
def test_quantiles_find_nothing_where_many_values_are_the_same(values: str, runs: int, say: Say) -> None:
    random, (at, draw) = np.random.default_rng(22), TIED[values]

    def sees() -> tuple[bool, bool]:
        drawn = draw(random), draw(random)
        days = [[quantiles.quantile(each[:day], np.arange(day), at) for each in drawn] for day in DAYS_OF_RATERS]
        return fixed_horizon.difference(*days[-1]).is_significant, any(
            sequential.difference(*both).is_significant for both in days
        )

    once, ever = np.mean([sees() for _ in range(runs)], axis=0)

    say(f"A/A tests of {values}: {once:.2%} of {runs:,} differ at the end, {ever:.2%} at a daily look, 5 % stated")
    assert once <= ALPHA + noise_of(ALPHA, runs)
    assert ever <= ALPHA


def test_cuped_takes_the_square_of_the_correlation_off_the_variance() -> None:
    """Deng et al. (2013), formula (5): with a correlation of 0.8 it is 1 - 0.64 of it."""
    from analytics.statistics import cuped

    random = np.random.default_rng(13)
    both = {"on": habits(random, 1.0), "off": habits(random, 0.0)}

    ratio = cuped.means(both)["on"].squared_error / mean(both["on"]).squared_error

    assert ratio == pytest.approx(0.36, abs=0.06)


@RUNS
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_as_many_rates_are_seen_as_the_calculator_promised(share: float, runs: int, say: Say) -> None:
    design = Design(share=share)
    need = for_rates(0.10, 0.03, design)
    random = np.random.default_rng(14)
    of_variant = round(need.fixed * share)
    of_control = need.fixed - of_variant

    found = sum(
        fixed_horizon.rates(int(on), of_variant, int(off), of_control).is_significant
        for on, off in zip(
            random.binomial(of_variant, 0.13, runs), random.binomial(of_control, 0.10, runs), strict=True
        )
    )

    say(
        f"power with {need.fixed:,} subjects, {share:.0%} of them with the variant: {found / runs:.2%} of {runs:,}, 80 % promised"
    )
    assert found / runs == pytest.approx(design.power, abs=noise_of(design.power, runs) + 0.01)


@RUNS
def test_as_many_means_are_seen_as_the_calculator_promised(runs: int, say: Say) -> None:
    design, deviation = Design(power=0.9), sqrt((11**2 + 10**2) / 4)
    subjects = for_means(deviation, 1, design).fixed // 2
    random = np.random.default_rng(15)

    def sees() -> bool:
        both = (mean(Moments.of(random.gamma(2, each / 2, (subjects, 1)))) for each in (11, 10))
        return fixed_horizon.difference(*both).is_significant

    found = sum(sees() for _ in range(runs)) / runs

    say(f"power of means with 2 × {subjects:,} subjects: {found:.2%} of {runs:,}, 90 % promised")
    assert found == pytest.approx(design.power, abs=noise_of(design.power, runs) + 0.01)


@RUNS
def test_daily_looks_find_at_least_as_often_as_promised(runs: int, say: Say) -> None:
    design = Design()
    need = for_rates(0.10, 0.03, design)
    looks = 20
    a_look = need.sequential // 2 // looks
    done = np.random.default_rng(16).binomial(a_look, [[[0.13], [0.10]]], (runs, 2, looks)).cumsum(axis=2)

    def seen_at(run: int) -> int | None:
        """How many subjects of both had come."""
        for look in range(looks):
            subjects = a_look * (look + 1)
            both = (rate_of(int(done[run, side, look]), subjects) for side in (0, 1))
            if sequential.difference(*both, tuned_for=need.fixed).is_significant:
                return 2 * subjects
        return None

    moments = [moment for run in range(runs) if (moment := seen_at(run))]

    say(
        f"daily looks up to {need.sequential:,} subjects: {len(moments) / runs:.2%} of {runs:,} see it, 80 % promised; half"
        f" of them by {median(moments):,.0f} ({need.fixed:,} with one look)"
    )
    assert len(moments) / runs >= design.power - noise_of(design.power, runs)
    assert median(moments) < need.fixed * 1.1


@RUNS
def test_a_budget_that_is_kept_is_rarely_called_exceeded(runs: int, say: Say) -> None:
    """The rate moves between half the budget and all of it, and is looked at a hundred times."""
    budget = 0.02
    rates = np.where(np.arange(100) % 10 < 5, budget, budget / 2)
    rates[:60] = budget
    failures = np.random.default_rng(17).binomial(100, rates, (runs, 100)).cumsum(axis=1)

    called = sum(
        any(sequential.e_value(int(each), 100 * (at + 1), budget) >= 1 / ALPHA for at, each in enumerate(run))
        for run in failures
    )

    say(
        f"budgets that are kept, looked at 100 times: {called / runs:.2%} of {runs:,} are called exceeded, at most 5 % stated"
    )
    assert called / runs <= ALPHA + noise_of(ALPHA, runs)


@RUNS
def test_a_budget_that_is_exceeded_is_called_so_soon(runs: int, say: Say) -> None:
    failures = np.random.default_rng(18).binomial(50, 0.05, (runs, 100)).cumsum(axis=1)

    def called_at(run: Numbers) -> int:
        """How many trials it took."""
        return next(
            50 * (at + 1)
            for at, each in enumerate(run)
            if sequential.e_value(int(each), 50 * (at + 1), 0.01) >= 1 / ALPHA
        )

    moments = [called_at(run) for run in failures]

    say(
        f"five times the budget of 1 %: called exceeded after {median(moments):.0f} trials, after {max(moments)} in all {runs:,}"
    )
    assert median(moments) <= 300


@RUNS
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_a_variant_that_fails_no_more_than_the_control_is_rarely_called_worse(
    share: float, runs: int, say: Say
) -> None:
    """Both fail together: for a while a tenth of all trials does, and then one of a hundred."""
    random = np.random.default_rng(19)
    rates = np.where(np.arange(60) % 20 < 5, 0.1, 0.01)
    trials = random.binomial(400, share, (runs, 60))
    failures, others = random.binomial(trials, rates), random.binomial(400 - trials, rates)
    counts = np.stack([failures, trials, others, 400 - trials], axis=2).cumsum(axis=1)

    def is_called_worse(run: Numbers) -> bool:
        return any(sequential.exceeds_control(*map(int, each)).is_breach for each in run)

    called = sum(is_called_worse(run) for run in counts) / runs

    say(
        f"a variant as good as the control, of {share:.0%}: {called:.2%} of {runs:,} are called worse, at most 5 % stated"
    )
    assert called <= ALPHA + noise_of(ALPHA, runs)


@RUNS
def test_the_chance_to_win_is_right_as_often_as_it_says(runs: int, say: Say) -> None:
    """Where true rates are spread as the prior has it: of all that are 60 to 90 per cent likely to win, as many do."""
    random = np.random.default_rng(20)
    truths = random.random((runs, 2))
    done = random.binomial(5, truths)

    said = [
        (bayesian.rates(int(on), 5, int(off), 5).chance_to_win, truth[0] > truth[1])
        for (on, off), truth in zip(done, truths, strict=True)
    ]
    likely = [(chance, won) for chance, won in said if 0.6 < chance < 0.9]
    promised, kept = (sum(column) / len(likely) for column in zip(*likely, strict=True))

    say(f"chances to win from 60 % to 90 %: {promised:.2%} on average, {kept:.2%} of {len(likely)} win")
    assert kept == pytest.approx(promised, abs=noise_of(promised, len(likely)))
