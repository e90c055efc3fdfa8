"""The regularity of a synthetic trunk: known strides, the law, any mounting, turns, and what is no walking."""

from __future__ import annotations

import pickle
from dataclasses import astuple, dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.regularity import Regularity
from evenside_analysis.trunk_regularity import TrunkSettings, TrunkState, find_regularity, session_regularity
from evenside_analysis.types import Floats

SETTINGS = TrunkSettings(rate_hz=100.0)
GRAVITY = np.array([0.0, 0.0, 9.81])
UPRIGHT = np.eye(3)  # rows: where forward, left and up lie in the sensor frame


@dataclass(frozen=True)
class Trunk:
    """What a sensor on the trunk says: n rows."""

    time_s: Floats
    acc: Floats
    gyr: Floats

    def part(self, rows: slice) -> Trunk:
        return Trunk(self.time_s[rows], self.acc[rows], self.gyr[rows])

    def silent_until(self, time_s: float) -> Trunk:
        row = np.full((1, 3), np.nan)
        return Trunk(np.append(self.time_s, time_s), np.append(self.acc, row, axis=0), np.append(self.gyr, row, axis=0))


def trunk(
    bouts_s: list[tuple[float, float]],
    duration_s: float,
    rate_hz: float = 100.0,
    *,
    stride_s: float = 1.1,
    limp: float = 0.2,
    mounting: Floats = UPRIGHT,
    turns_s: tuple[float, ...] = (),
    noise: float = 0.05,
    seed: int = 0,
) -> Trunk:
    """A trunk that walks in ``bouts_s`` and stands between; ``limp`` is the part of a step that differs from the next.

    ``turns_s``: half turns of two seconds that begin there.
    """
    rng = np.random.default_rng(seed)
    time_s = np.rint(np.arange(round(duration_s * rate_hz)) / rate_hz * 1e6) / 1e6
    phase = 2.0 * np.pi * time_s / stride_s
    forward = 1.2 * np.cos(2.0 * phase + 0.5) + 0.4 * np.cos(4.0 * phase) + 1.2 * limp * np.cos(phase + 1.0)
    sideways = 0.9 * np.cos(phase + 0.2) + 0.3 * np.cos(3.0 * phase) + 0.9 * limp * np.cos(2.0 * phase)
    upward = 2.5 * np.cos(2.0 * phase) + 0.5 * np.cos(4.0 * phase + 1.0) + 2.5 * limp * np.cos(phase)
    walks = np.zeros(time_s.size)
    for first_s, last_s in bouts_s:
        walks[(time_s >= first_s) & (time_s < last_s)] = 1.0
    acc = np.stack([forward, sideways, upward], axis=1) * walks[:, np.newaxis]
    acc += GRAVITY + rng.normal(0.0, noise, acc.shape)
    gyr = rng.normal(0.0, 0.01, acc.shape)
    for at_s in turns_s:
        gyr[(time_s >= at_s) & (time_s < at_s + 2.0), 2] += 0.5 * np.pi
    return Trunk(time_s, acc @ mounting, gyr @ mounting)


def feed(
    settings: TrunkSettings, walked: Trunk, cuts: list[int] | None = None, *, gyr: bool = True
) -> tuple[TrunkState, list[Regularity]]:
    state, found, n = TrunkState(), list[Regularity](), walked.time_s.size
    for first, end in pairwise([0, *sorted(min(cut, n) for cut in cuts or []), n]):
        part = walked.part(slice(first, end))
        turning = part.gyr if gyr else None
        state, more = find_regularity(settings, "back", "pelvis", state, part.time_s, part.acc, turning)
        if cuts:
            state = pickle.loads(pickle.dumps(state))
        found += more
    return state, found


def bits(found: list[Regularity]) -> list[object]:
    return [pickle.dumps(astuple(one)) for one in found]


# Walking, standing, walking with a half turn, a hole that ends a bout, a short one, noise.
def rough() -> Trunk:
    whole = trunk([(2.0, 16.0), (20.0, 42.0), (45.0, 60.0)], 62.0, 50.0, turns_s=(30.0,), seed=4)
    lost = np.zeros(whole.time_s.size, np.bool_)
    for first_s, last_s in ((8.0, 8.05), (50.5, 51.6), (55.0, 55.02)):
        lost |= (whole.time_s > first_s) & (whole.time_s < last_s)
    acc, gyr = whole.acc.copy(), whole.gyr.copy()
    acc[lost], gyr[lost] = np.nan, np.nan
    return Trunk(whole.time_s * 1.0004, acc, gyr).silent_until(66.0)


ROUGH_SETTINGS = TrunkSettings(rate_hz=50.0)
ROUGH = rough()
ROUGH_STATE, ROUGH_WHOLE = feed(ROUGH_SETTINGS, ROUGH)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3200), max_size=40))
def test_any_cut_and_resumption_give_the_same_bits(cuts: list[int]) -> None:
    state, pieces = feed(ROUGH_SETTINGS, ROUGH, cuts)
    assert bits(pieces) == bits(ROUGH_WHOLE)
    assert session_regularity("back", "pelvis", state) == session_regularity("back", "pelvis", ROUGH_STATE)


def test_sample_by_sample_gives_the_same_bits() -> None:
    _, pieces = feed(ROUGH_SETTINGS, ROUGH, list(range(1, ROUGH.time_s.size)))
    assert bits(pieces) == bits(ROUGH_WHOLE)
    assert len(ROUGH_WHOLE) == 3 + 1  # the first bout, two about the turn, one beside the hole


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.001, 65.9), max_size=30), st.lists(st.integers(0, 3200), max_size=8))
def test_only_heard_samples_and_their_times_count(silences_s: list[float], cuts: list[int]) -> None:
    heard = np.asarray(np.isfinite(ROUGH.acc).all(axis=1))
    heard[-1] = True
    told = Trunk(ROUGH.time_s[heard], ROUGH.acc[heard], ROUGH.gyr[heard])
    new_s = np.setdiff1d(np.rint(np.array(silences_s) * 1e6) / 1e6, told.time_s)
    at, nothing = np.searchsorted(told.time_s, new_s), np.full((1, 3), np.nan)
    rows = [np.insert(values, at, nothing, axis=0) for values in (told.acc, told.gyr)]
    _, found = feed(ROUGH_SETTINGS, Trunk(np.insert(told.time_s, at, new_s), rows[0], rows[1]), cuts)
    assert bits(found) == bits(ROUGH_WHOLE)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 204.8])
@pytest.mark.parametrize("stride_s", [0.7, 1.1, 1.7])
def test_known_strides_give_the_known_harmonics(rate_hz: float, stride_s: float) -> None:
    walk = trunk([(2.0, 32.0)], 36.0, rate_hz, stride_s=stride_s).silent_until(40.0)
    _, (found,) = feed(TrunkSettings(rate_hz=rate_hz), walk)
    assert found.cadence_per_min == pytest.approx(120.0 / stride_s, rel=0.003)
    assert found.strides == pytest.approx((found.end_s - found.start_s) / stride_s, abs=0.01)
    assert 2.0 < found.start_s < found.end_s < 32.0
    powers = {
        "vertical": (2.5**2 + 0.5**2, 0.5**2),
        "anteroposterior": (1.2**2 + 0.4**2, 0.24**2),
        "mediolateral": (0.9**2 + 0.3**2, 0.18**2),
    }
    for name, one in found.axes:
        alike, other = powers[name]
        ihr = 100.0 * alike / (alike + other)
        assert one.ihr == pytest.approx(ihr, abs=1.0), name
        assert one.ihr_lo <= one.ihr <= one.ihr_hi <= 100.0
        sign = -1.0 if name == "mediolateral" else 1.0
        assert one.ad1 == pytest.approx(sign * (2.0 * ihr / 100.0 - 1.0), abs=0.03), name
        assert one.ad2 == pytest.approx(1.0, abs=0.02), name


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_mounting_changes_nothing(seed: int, mirrored: bool) -> None:
    mounting = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    mounting *= np.sign(np.linalg.det(mounting)) * (-1.0 if mirrored else 1.0)
    walk = trunk([(2.0, 22.0)], 26.0).silent_until(30.0)
    _, (plain,) = feed(SETTINGS, walk)
    _, (found,) = feed(SETTINGS, Trunk(walk.time_s, walk.acc @ mounting, walk.gyr @ mounting))
    assert (found.start_s, found.strides) == (plain.start_s, plain.strides)
    for (name, one), (_, other) in zip(found.axes, plain.axes, strict=True):
        np.testing.assert_allclose(astuple(one), astuple(other), rtol=0, atol=1e-3, err_msg=name)


def test_a_larger_limp_is_less_regular_on_every_axis() -> None:
    found = [
        feed(SETTINGS, trunk([(2.0, 32.0)], 36.0, limp=limp).silent_until(40.0))[1][0] for limp in (0.05, 0.3, 0.6)
    ]
    for axis in range(3):
        ihr = [one.axes[axis][1].ihr for one in found]
        assert ihr[0] > ihr[1] > ihr[2]
        assert found[0].axes[axis][1].ad2 == pytest.approx(found[2].axes[axis][1].ad2, abs=0.02)


def test_a_turn_is_left_out_where_a_gyroscope_can_tell() -> None:
    walk = trunk([(2.0, 30.0)], 34.0, turns_s=(15.0,)).silent_until(40.0)
    _, apart = feed(SETTINGS, walk)
    assert len(apart) == 2
    assert apart[0].end_s < 15.0 < 17.0 < apart[1].start_s
    _, blind = feed(SETTINGS, walk, gyr=False)
    assert len(blind) == 1


def test_a_long_walk_is_told_in_pieces_and_memory_stays_small() -> None:
    walk = trunk([(2.0, 298.0)], 300.0).silent_until(310.0)
    state, sizes, found = TrunkState(), [], list[Regularity]()
    for first in range(0, walk.time_s.size, 500):
        part = walk.part(slice(first, first + 500))
        state, more = find_regularity(SETTINGS, "back", "pelvis", state, part.time_s, part.acc, part.gyr)
        sizes.append(len(pickle.dumps(state)))
        found += more
    assert len(found) == 5
    assert all(one.end_s - one.start_s <= 60.0 for one in found)
    assert max(sizes) < 700_000
    session = session_regularity("back", "pelvis", state)
    assert session is not None
    assert (session.bouts, session.strides) == (5, sum(one.strides for one in found))
    assert session.vertical.ad1 == pytest.approx(np.mean([one.vertical.ad1 for one in found]), abs=1e-3)
    assert (session.start_s, session.end_s) == (found[0].start_s, found[-1].end_s)


@pytest.mark.parametrize("kind", ["standing", "noise", "dead", "without gravity", "too short"])
def test_what_is_no_walking_says_nothing(kind: str) -> None:
    walk = trunk([(2.0, 22.0)], 26.0)
    rng = np.random.default_rng(1)
    if kind == "standing":
        walk = trunk([], 26.0)
    elif kind == "noise":
        walk = Trunk(walk.time_s, GRAVITY + rng.normal(0.0, 2.0, walk.acc.shape), walk.gyr)
    elif kind == "dead":
        walk = Trunk(walk.time_s, np.zeros_like(walk.acc), walk.gyr)
    elif kind == "without gravity":
        walk = Trunk(walk.time_s, walk.acc - GRAVITY, walk.gyr)
    else:
        walk = trunk([(2.0, 8.0)], 26.0)
    state, found = feed(SETTINGS, walk.silent_until(40.0))
    assert found == []
    assert session_regularity("back", "pelvis", state) is None


def test_shapes_and_rates_are_checked() -> None:
    with pytest.raises(ValueError, match="three columns"):
        find_regularity(SETTINGS, "back", "pelvis", TrunkState(), np.zeros(2), np.zeros((2, 2)), None)
    with pytest.raises(ValueError, match="rate_hz"):
        TrunkSettings(rate_hz=10.0)
