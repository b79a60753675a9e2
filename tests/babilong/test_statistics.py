"""Intervals and tests against scipy's, published examples, and exact coverage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, multinomial, norm

from babilong.statistics import detectable, mcnemar, mean_interval, paired_difference, wilson


@given(st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_is_that_of_scipy(counts: tuple[int, int]) -> None:
    correct, total = counts
    expected = binomtest(correct, total).proportion_ci(confidence_level=0.95, method="wilson")
    interval = wilson(correct, total)
    assert interval == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= interval.low <= correct / total + 1e-12 and correct / total - 1e-12 <= interval.high <= 1


@pytest.mark.parametrize(("correct", "total"), [(0, 0), (2, 1), (-1, 5)])
def test_what_is_no_proportion_is_refused(correct: int, total: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson(correct, total)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_sign_test_of_scipy(only_a: int, only_b: int) -> None:
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert mcnemar(only_a, only_b) == pytest.approx(expected, rel=1e-8, abs=1e-11)


def test_mcnemar_of_very_many_pairs() -> None:
    assert mcnemar(50_000, 49_000) == pytest.approx(binomtest(50_000, 99_000).pvalue, rel=1e-6)


@pytest.mark.parametrize(
    ("counts", "expected"),
    # Worked examples of Fagerland, Lydersen and Laake, "Statistical Analysis of Contingency Tables", 2017, chapter 8.
    [((1, 1, 7, 12), (-0.507, -0.026)), ((59, 6, 16, 80), (-0.1186, -0.0046))],
)
def test_paired_difference_of_published_examples(counts: tuple[int, ...], expected: tuple[float, float]) -> None:
    assert paired_difference(*counts) == pytest.approx(expected, abs=6e-4)


def test_paired_difference_covers_the_truth_about_as_often_as_it_says() -> None:
    """Exact coverage over all outcomes of 25 pairs, for several true shares of the four kinds of pair."""
    n = 25
    outcomes = [(a, b, c, n - a - b - c) for a in range(n + 1) for b in range(n + 1 - a) for c in range(n + 1 - a - b)]
    limits = [paired_difference(*counts) for counts in outcomes]
    for shares in ((0.6, 0.2, 0.1, 0.1), (0.3, 0.2, 0.2, 0.3), (0.8, 0.1, 0.05, 0.05)):
        truth = shares[1] - shares[2]
        chances = multinomial.pmf(outcomes, n, shares)
        covered = sum(chance for chance, (low, high) in zip(chances, limits, strict=True) if low <= truth <= high)
        assert 0.935 < covered < 0.99


@given(st.tuples(*[st.integers(0, 300)] * 4).filter(any))
def test_paired_difference_holds_the_difference_and_mirrors(counts: tuple[int, int, int, int]) -> None:
    both, only_a, only_b, neither = counts
    low, high = paired_difference(both, only_a, only_b, neither)
    assert -1 <= low <= (only_a - only_b) / sum(counts) + 1e-12
    assert (only_a - only_b) / sum(counts) - 1e-12 <= high <= 1
    assert paired_difference(both, only_b, only_a, neither) == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize(("n", "discordant"), [(50, 0.5), (200, 0.2), (1000, 0.1), (1000, 0.3)])
def test_detectable_solves_its_formula(n: int, discordant: float) -> None:
    d = detectable(n, discordant)
    root = norm.ppf(0.975) * discordant**0.5 + norm.ppf(0.8) * (discordant - d * d) ** 0.5
    assert root**2 / d**2 == pytest.approx(n, rel=1e-6)


@given(st.integers(1, 5000), st.floats(0, 1))
def test_more_pairs_detect_less(n: int, discordant: float) -> None:
    assert 0 < detectable(n + 100, discordant) <= detectable(n, discordant) <= 1
    assert detectable(n, 1.0) >= detectable(n, discordant)


def test_detectable_where_nothing_can_be_shown() -> None:
    assert detectable(3, 0.1) == 1.0


@given(st.lists(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1))
def test_mean_interval_holds_the_mean_and_is_no_wider_than_one_of_its_parts(counts: list[tuple[int, int]]) -> None:
    low, high = mean_interval(counts)
    mean = sum(correct / total for correct, total in counts) / len(counts)
    assert 0 <= low <= mean + 1e-12 and mean - 1e-12 <= high <= 1
    widths = [wilson(*count).high - wilson(*count).low for count in counts]
    assert high - low <= max(widths) + 1e-12


def test_mean_interval_of_one_is_wilsons() -> None:
    assert mean_interval([(7, 9)]) == pytest.approx(wilson(7, 9))
    with pytest.raises(ValueError, match="no proportions"):
        mean_interval([])
