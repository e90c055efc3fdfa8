"""Symmetric filters over runs in pieces: any cut gives the same bits, and the whole is what a textbook says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import convolve1d

from evenside_analysis.filters import DelayLine, gaussian, magnitude, smoothed
from evenside_analysis.types import Floats

SIGMAS = (0.2, 1.0, 4.0, 10.0)


def run(columns: Floats, cuts: list[int], sigmas: tuple[float, ...] = SIGMAS) -> tuple[Floats, Floats]:
    """Filtered channel 0 by each sigma, and the unfiltered columns, of a run that comes in pieces."""
    radius = max(gaussian(sigma).size // 2 for sigma in sigmas)
    line, windows = DelayLine.start(columns[:, 0], radius), []
    for piece in np.split(columns, sorted(cuts), axis=1):
        line, window = line.push(piece)
        assert line.held.shape[1] <= 2 * radius
        windows.append(window)
    windows.append(line.close())
    filtered = [np.concatenate([smoothed(window, 0, gaussian(sigma)) for window in windows]) for sigma in sigmas]
    return np.stack(filtered), np.concatenate([window.decided for window in windows], axis=1)


@given(st.integers(1, 90), st.lists(st.integers(0, 90), max_size=8), st.integers(0, 2**32 - 1))
def test_any_cut_gives_the_same_bits_and_no_sample_is_lost(n: int, cuts: list[int], seed: int) -> None:
    columns = np.random.default_rng(seed).normal(size=(2, n))
    cuts = [min(cut, n) for cut in cuts]
    whole, one_by_one, pieces = run(columns, []), run(columns, list(range(1, n))), run(columns, cuts)
    for filtered, plain in (whole, one_by_one, pieces):
        assert filtered.tobytes() == whole[0].tobytes()
        assert plain.tobytes() == columns.tobytes()


@pytest.mark.parametrize("sigma", SIGMAS)
def test_a_run_is_filtered_as_a_whole_with_its_ends_repeated(sigma: float) -> None:
    columns = np.random.default_rng(1).normal(size=(1, 200))
    got = run(columns, [3, 50, 51])[0][SIGMAS.index(sigma)]
    np.testing.assert_allclose(got, convolve1d(columns[0], gaussian(sigma), mode="nearest"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_a_constant_passes_and_the_taps_are_symmetric(sigma: float) -> None:
    taps = gaussian(sigma)
    assert taps.size % 2 == 1
    assert taps.sum() == pytest.approx(1.0)
    np.testing.assert_array_equal(taps, taps[::-1])
    np.testing.assert_allclose(run(np.full((1, 40), 9.81), [7], (sigma,))[0], 9.81, rtol=1e-12)
    with pytest.raises(ValueError, match="read-only"):
        taps[0] = 1.0


def test_nothing_is_decided_before_the_right_neighbours_are_there() -> None:
    line, window = DelayLine.start(np.zeros(1), 5).push(np.zeros((1, 5)))
    assert window.n == 0
    assert smoothed(window, 0, gaussian(1.0)).size == 0
    line, window = line.push(np.zeros((1, 1)))
    assert window.n == 1


def test_magnitude_of_rows() -> None:
    np.testing.assert_array_equal(magnitude(np.array([[3.0, 4.0, 0.0], [2.0, 3.0, 6.0]])), [5.0, 7.0])
