"""Proportions of sides: the posterior to the published vectors, and how often a fair coin is called one-sided."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.proportion import Proportion, mixed_share, proportion, share_of_label


@pytest.mark.parametrize(
    ("right", "n", "mean", "lo", "hi", "large"),
    [
        (18, 20, 0.881, 0.716, 0.979, 0.9946),
        (14, 20, 0.690, 0.483, 0.864, 0.673),
        (60, 100, 0.599, 0.502, 0.692, 0.147),
    ],
)
def test_the_posterior_is_the_one_of_jeffreys(
    right: int, n: int, mean: float, lo: float, hi: float, large: float
) -> None:
    found = proportion(n - right, right, days=5)
    assert (found.mean, found.lo, found.hi) == pytest.approx((mean, lo, hi), abs=1e-3)
    assert found.large_right == pytest.approx(large, abs=1e-3)


@pytest.mark.parametrize(("n", "fewest"), [(10, 9), (12, 11), (15, 13), (20, 17), (30, 24), (50, 38), (100, 73)])
def test_so_many_of_n_are_called_one_sided_and_no_fewer(n: int, fewest: int) -> None:
    assert proportion(n - fewest, fewest, days=3).label == "right"
    assert proportion(fewest, n - fewest, days=3).label == "left"
    assert proportion(n - fewest + 1, fewest - 1, days=3).label == "none"


@pytest.mark.parametrize("found", [proportion(0, 9, days=9), proportion(0, 40, days=2), proportion(0, 0, 50, 9)])
def test_few_events_few_days_and_unknown_sides_label_nobody(found: Proportion) -> None:
    assert found.label == "none"


def test_looking_after_every_flight_calls_at_most_one_fair_coin_in_twenty_one_sided() -> None:
    rng = np.random.default_rng(0)
    flights = rng.random((1500, 200)) < 0.5
    right = flights.cumsum(axis=1)
    labels: dict[tuple[int, int], bool] = {}

    def labelled(k: int, n: int) -> bool:
        if (k, n) not in labels:
            labels[k, n] = proportion(n - k, k, days=3 if n >= 10 else 1).label != "none"
        return labels[k, n]

    ever = [any(labelled(int(k), n) for n, k in enumerate(row, 1)) for row in right]
    assert 0.01 < np.mean(ever) <= 0.05


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 9), st.integers(0, 9))
def test_sides_exchanged_exchange_the_answer(left: int, right: int, unknown: int, days: int) -> None:
    found, other = proportion(left, right, unknown, days), proportion(right, left, unknown, days)
    assert found.mean == pytest.approx(1.0 - other.mean)
    assert (found.lo, found.hi) == pytest.approx((1.0 - other.hi, 1.0 - other.lo))
    assert {"left": "right", "right": "left", "none": "none"}[found.label] == other.label
    assert share_of_label(found) == pytest.approx(share_of_label(other))


def test_a_detector_that_mixes_sides_up_shrinks_a_share() -> None:
    assert mixed_share(0.9, 0.05) == pytest.approx(0.86)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="not be negative"):
        proportion(-1, 3)
