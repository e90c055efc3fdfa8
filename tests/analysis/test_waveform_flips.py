"""The sign-flip test over the stride: exact where it can be, uniform under no difference, right about where."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from evenside_analysis.types import Floats
from evenside_analysis.waveform_flips import sign_flip_test

POINTS = 40


def smooth(rng: np.random.Generator, strides: int, points: int = POINTS) -> Floats:
    """Curves whose neighbouring points resemble one another."""
    place = np.arange(points) / points * 2.0 * np.pi
    waves = [rng.normal(size=(strides, 1)) * np.cos(k * place + rng.uniform(0, 6.28, (strides, 1))) for k in range(4)]
    return np.asarray(sum(waves) + 0.2 * rng.normal(size=(strides, points)))


def test_every_point_has_the_paired_t() -> None:
    rng = np.random.default_rng(0)
    left, right = smooth(rng, 9), smooth(rng, 9)
    found = sign_flip_test(left, right)
    np.testing.assert_allclose(found.t, ttest_1samp(right - left, 0.0, axis=0).statistic, rtol=1e-9)


def test_few_strides_are_tested_by_every_flip_there_is() -> None:
    rng = np.random.default_rng(1)
    left, right = smooth(rng, 6, 5), smooth(rng, 6, 5)
    found = sign_flip_test(left, right)
    difference = right - left
    largest = []
    for signs in product([1.0, -1.0], repeat=6):
        turned = difference * np.array(signs)[:, np.newaxis]
        largest.append(np.abs(ttest_1samp(turned, 0.0, axis=0).statistic).max())
    want = [(np.array(largest) >= abs(t) * (1 - 1e-9)).mean() for t in found.t]
    assert found.exact
    assert found.flips == 32
    np.testing.assert_allclose(found.p, want, rtol=0, atol=1e-12)


def test_drawn_flips_come_close_to_all_of_them() -> None:
    rng = np.random.default_rng(2)
    left = smooth(rng, 13)
    right = smooth(rng, 13) + 0.8
    exact, drawn = sign_flip_test(left, right), sign_flip_test(left, right, flips=4000)
    assert (exact.exact, drawn.exact) == (True, False)
    assert drawn.flips == 4001
    np.testing.assert_allclose(drawn.p, exact.p, rtol=0, atol=0.04)
    assert sign_flip_test(left, right, flips=4000).p.tobytes() == drawn.p.tobytes()
    assert sign_flip_test(left, right, flips=4000, seed=1).p.tobytes() != drawn.p.tobytes()


def test_where_right_is_larger_is_found_and_nothing_else() -> None:
    rng = np.random.default_rng(3)
    left, right = 0.3 * smooth(rng, 30, 101), 0.3 * smooth(rng, 30, 101)
    right[:, 20:40] += 1.0
    right[:, 70:80] -= 1.0
    found = sign_flip_test(left, right)
    assert [span.right_larger for span in found.spans] == [True, False]
    assert 18 <= found.spans[0].first <= 22 < 37 <= found.spans[0].last <= 42
    assert 68 <= found.spans[1].first <= found.spans[1].last <= 81
    for span in found.spans:
        assert (np.abs(found.t[span.first : span.last + 1]) >= found.threshold).all()
        assert span.p == found.p[span.first : span.last + 1].min() <= 0.05
    assert found.p_any == found.p.min()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 10), st.floats(1e-3, 1e3))
def test_exchanging_the_sides_turns_the_sign_and_scale_does_not_matter(seed: int, strides: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    left, right = smooth(rng, strides, 12), smooth(rng, strides, 12)
    found, turned = sign_flip_test(left, right), sign_flip_test(scale * right, scale * left)
    np.testing.assert_allclose(turned.t, -found.t, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(turned.p, found.p, rtol=0, atol=1e-12)
    assert (found.p >= 1.0 / found.flips).all()
    assert (found.p <= 1.0).all()


def test_without_a_difference_the_least_p_is_uniform() -> None:
    rng = np.random.default_rng(6)
    least = np.array([sign_flip_test(smooth(rng, 9, 15), smooth(rng, 9, 15)).p_any for _ in range(600)])
    for level in (0.05, 0.1, 0.25, 0.5, 0.75):
        # 3.5 standard errors of 600 trials
        assert abs((least <= level).mean() - level) < 3.5 * np.sqrt(level * (1.0 - level) / 600)


def test_strides_that_resemble_their_neighbours_need_blocks() -> None:
    rng = np.random.default_rng(7)
    hits = {1: 0, 5: 0}
    for _ in range(150):
        drift = np.repeat(rng.normal(size=(10, 1)), 5, axis=0)  # five strides each go the same way
        difference = drift + 0.1 * smooth(rng, 50, 8)
        for block in hits:
            hits[block] += sign_flip_test(np.zeros_like(difference), difference, block=block, flips=600).p_any <= 0.05
    assert hits[5] <= 17  # 7.5 expected
    assert hits[1] >= 45


def test_five_strides_can_never_tell_and_six_can() -> None:
    rng = np.random.default_rng(8)
    for strides, tells in ((5, False), (6, True)):
        right = 5.0 + 0.1 * smooth(rng, strides)
        found = sign_flip_test(np.zeros_like(right), right)
        assert bool(found.spans) is tells
        assert np.isfinite(found.threshold) == tells


def test_strides_that_all_differ_by_the_same() -> None:
    same = np.tile([0.0, 0.0, 1.0, 1.0, -2.0, 0.0], (8, 1))
    found = sign_flip_test(np.zeros_like(same), same)
    assert found.t.tolist() == [0.0, 0.0, np.inf, np.inf, -np.inf, 0.0]
    assert found.p.tolist() == [1.0, 1.0, 1 / 128, 1 / 128, 1 / 128, 1.0]
    assert [(span.first, span.last, span.right_larger) for span in found.spans] == [(2, 3, True), (4, 4, False)]


def test_pairs_with_a_missing_curve_are_passed_over() -> None:
    rng = np.random.default_rng(9)
    left, right = smooth(rng, 10), smooth(rng, 10)
    spoilt = left.copy()
    spoilt[3] = np.nan
    found, want = sign_flip_test(spoilt, right), sign_flip_test(np.delete(left, 3, 0), np.delete(right, 3, 0))
    assert found.n == 9
    assert found.p.tobytes() == want.p.tobytes()


def test_what_makes_no_sense_is_refused() -> None:
    curves = np.zeros((4, 5))
    with pytest.raises(ValueError, match="one shape"):
        sign_flip_test(curves, curves[:, :4])
    with pytest.raises(ValueError, match="at least 2"):
        sign_flip_test(np.full((4, 5), np.nan), curves)
    for setting in ({"alpha": 0.0}, {"block": 0}, {"flips": 0}):
        with pytest.raises(ValueError, match="alpha"):
            sign_flip_test(curves, curves, **setting)
