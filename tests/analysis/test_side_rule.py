"""The rule that tells left from right: a mirror turns its sign, it is bounded, and fitting finds what is there."""

from __future__ import annotations

import numpy as np
import pytest

from evenside_analysis.side_features import FEATURES
from evenside_analysis.side_rule import SIDE_RULE, SideRule, fitted, scores


def test_a_mirrored_stride_scores_the_negative_and_a_stride_without_side_nothing() -> None:
    features = np.random.default_rng(0).normal(size=(50, len(FEATURES)))
    np.testing.assert_array_equal(scores(SIDE_RULE, features), -scores(SIDE_RULE, -features))
    assert scores(SIDE_RULE, np.zeros((1, len(FEATURES))))[0] == 0.0


def test_no_single_feature_can_outvote_the_others() -> None:
    features = np.zeros((1, len(FEATURES)))
    features[0, 3] = 1e9
    assert abs(scores(SIDE_RULE, features)[0]) == pytest.approx(2.0 * abs(SIDE_RULE.weights[3]))


def test_a_stride_of_which_something_is_unknown_has_no_score() -> None:
    features = np.zeros((1, len(FEATURES)))
    features[0, 0] = np.nan
    assert np.isnan(scores(SIDE_RULE, features)[0])


def test_fitting_finds_the_features_that_tell_the_sides_apart() -> None:
    rng = np.random.default_rng(1)
    left = rng.random(400) < 0.5
    features = rng.normal(size=(400, len(FEATURES)))
    features[:, 2] += np.where(left, 2.0, -2.0)
    features[:, 7] -= np.where(left, 3.0, -3.0)
    rule = fitted(features, left, [str(place % 7) for place in range(400)])
    assert set(np.argsort(np.abs(rule.weights))[-2:]) == {2, 7}
    assert rule.weights[2] > 0.0 > rule.weights[7]
    assert np.mean((scores(rule, features) > 0.0) == left) > 0.97


def test_each_person_weighs_the_same_however_much_they_walked() -> None:
    rng = np.random.default_rng(2)
    features = rng.normal(size=(60, len(FEATURES)))
    left = rng.random(60) < 0.5
    person = ["a"] * 20 + ["b"] * 40
    often = np.concatenate([features, features[20:], features[20:]])
    once = fitted(features, left, person)
    thrice = fitted(often, np.concatenate([left, left[20:], left[20:]]), [*person, *["b"] * 80])
    weighted = np.array(once.weights) / once.scales, np.array(thrice.weights) / thrice.scales
    assert np.corrcoef(*weighted)[0, 1] > 0.99


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="12 weights"):
        SideRule((1.0,), (1.0,))
    with pytest.raises(ValueError, match="finite"):
        fitted(np.full((3, len(FEATURES)), np.nan), np.ones(3, np.bool_), ["a", "b", "c"])
    with pytest.raises(ValueError, match="strides"):
        fitted(np.empty((0, len(FEATURES))), np.empty(0, np.bool_), [])
