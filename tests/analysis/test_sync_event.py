"""The lag between two clocks from taps and stamps, on simulated shocks of known lag, sampled as real devices do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from evenside_analysis.sync_event import SyncEvent, SyncSettings, find_sync_event
from evenside_analysis.sync_shocks import Shaken, find_shocks
from evenside_analysis.types import GRAVITY_M_S2, Floats

FINE_HZ = 10_000
SPAN_S = 4.0
TAPS_S = (1.2, 1.55)
STAMPS_S = (1.0, 1.75, 2.45)


@dataclass(frozen=True)
class World:
    """How the shocks are felt: body shocks with an own direction each, that ring for some hundredths of a second.

    ``alike``: 1 where both devices move as one; below, each adds motion of its own. ``cutoff_hz``: where
    the sensors filter (inf: not at all). ``apart_s``: how far the right foot is behind the left one at each shock.
    """

    rate_hz: float = 100.0
    right_hz: float = 100.0
    noise_m_s2: float = 0.1
    cutoff_hz: float = 40.0
    alike: float = 1.0
    apart_s: Sequence[float] = ()
    mirrored: bool = True


def ringing(time_s: Floats, rng: np.random.Generator, at_s: float) -> Floats:
    direction = rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    since_s = np.maximum(time_s - at_s, 0.0)
    shape = np.sin(2.0 * np.pi * rng.uniform(15.0, 45.0) * since_s) * np.exp(-since_s / rng.uniform(0.01, 0.03))
    return rng.uniform(20.0, 60.0) * shape[:, np.newaxis] * direction


def shaken(world: World, seed: int, lag_s: float, shocks_s: Sequence[float] = TAPS_S) -> tuple[Shaken, Shaken]:
    """Both records; the stamps of the right one are ``lag_s`` late."""
    rng = np.random.default_rng(seed)
    fine_s = np.arange(0.0, SPAN_S, 1.0 / FINE_HZ)
    apart_s = (*world.apart_s, *(0.0,) * len(shocks_s))
    records = []
    shapes = [int(rng.integers(1 << 30)) for _ in shocks_s]
    for right in (False, True):
        felt = np.zeros((fine_s.size, 3))
        for shape, at_s, behind_s in zip(shapes, shocks_s, apart_s, strict=False):
            one = ringing(fine_s, np.random.default_rng(shape), at_s + right * behind_s)
            own = ringing(fine_s, rng, at_s + right * behind_s)
            felt += world.alike * one + math.sqrt(1.0 - world.alike**2) * own
        felt += [0.0, 0.0, GRAVITY_M_S2]
        rate_hz = world.right_hz if right else world.rate_hz
        if math.isfinite(world.cutoff_hz):
            sections = butter(2, world.cutoff_hz, fs=FINE_HZ, output="sos")
            felt = sosfilt(sections, felt - felt[0], axis=0) + felt[0]
        frame, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        frame *= np.linalg.det(frame) * (-1.0 if right and world.mirrored else 1.0)
        places = np.round(np.arange(rng.random() / rate_hz, SPAN_S - 0.01, 1.0 / rate_hz) * FINE_HZ).astype(int)
        acc = felt[places] @ frame.T + rng.normal(0.0, world.noise_m_s2, (places.size, 3))
        records.append(Shaken(fine_s[places] + (lag_s if right else 0.0), acc, rate_hz))
    return records[0], records[1]


def lag_of(left: Shaken, right: Shaken) -> SyncEvent:
    found = find_sync_event(left, right)
    assert isinstance(found, SyncEvent), found
    return found


def judged(world: World, shocks_s: Sequence[float] = TAPS_S, count: int = 40) -> tuple[Floats, Floats, list[SyncEvent]]:
    """Errors and stated SDs in ms, for lags of up to 40 ms."""
    rng = np.random.default_rng(99)
    lags_s = rng.uniform(-0.04, 0.04, count)
    found = [lag_of(*shaken(world, seed, float(lag_s), shocks_s)) for seed, lag_s in enumerate(lags_s)]
    errors = np.array([1e3 * (event.lag_s - lag_s) for event, lag_s in zip(found, lags_s, strict=True)])
    return errors, np.array([1e3 * event.sd_s for event in found]), found


@pytest.mark.parametrize(
    ("world", "shocks_s", "least_ms"),
    [
        (World(), TAPS_S, 0.5),
        (World(), STAMPS_S, 0.5),
        (World(cutoff_hz=math.inf), TAPS_S, 1.0),
        (World(cutoff_hz=math.inf), STAMPS_S, 1.0),
        (World(200.0, 200.0), TAPS_S, 0.3),
        (World(100.0, 60.0, cutoff_hz=20.0), TAPS_S, 1.5),
        (World(noise_m_s2=0.5), TAPS_S, 1.0),
    ],
)
def test_the_lag_is_found_to_a_part_of_a_sample_and_its_error_holds(
    world: World, shocks_s: Sequence[float], least_ms: float
) -> None:
    errors, sds, found = judged(world, shocks_s)
    print(f"{world}: SD {errors.std():.2f} ms, worst {np.abs(errors).max():.2f}, stated {np.median(sds):.2f}")
    assert errors.std() <= least_ms
    assert abs(errors.mean()) <= 0.4 * least_ms
    assert np.mean(np.abs(errors) <= 1.96 * sds) >= 0.95
    assert [event.kind for event in found].count("taps") >= 0.95 * len(found)
    assert {event.shocks for event in found} == {len(shocks_s)}


def test_both_feet_of_a_wearer_are_not_one_body() -> None:
    """What each foot does of its own shows, so a habit of stamping with one foot first is allowed for."""
    errors, sds, found = judged(World(alike=0.88), STAMPS_S)
    stamps = [event for event in found if event.kind == "stamps"]
    assert len(stamps) >= 0.6 * len(found)
    assert np.mean(np.abs(errors) <= 1.96 * sds) >= 0.95
    assert all(event.error_s >= SyncSettings().habit_s for event in stamps)


def test_feet_that_land_one_after_the_other_are_known_less_well() -> None:
    together = lag_of(*shaken(World(alike=0.85), 1, 0.0, STAMPS_S))
    apart = lag_of(*shaken(World(alike=0.85, apart_s=(0.015, -0.012, 0.004)), 1, 0.0, STAMPS_S))
    assert apart.sd_s > 2.0 * together.sd_s


def test_a_positive_lag_is_a_late_right_side_and_exchanging_sides_turns_it_round() -> None:
    left, right = shaken(World(), 5, 0.02)
    there, back = lag_of(left, right), lag_of(right, left)
    assert there.lag_s == pytest.approx(0.02, abs=1e-3)
    assert back.lag_s == pytest.approx(-there.lag_s, abs=1e-4)


def test_neither_orientation_nor_gravity_matters() -> None:
    left, right = shaken(World(), 7, 0.01)
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    turned = Shaken(right.time_s, right.acc_m_s2 @ turn.T + 3.0, right.rate_hz)
    assert lag_of(left, turned).lag_s == pytest.approx(lag_of(left, right).lag_s, abs=1e-5)


def test_samples_lost_elsewhere_do_not_matter_and_at_the_shocks_forbid_it() -> None:
    left, right = shaken(World(), 2, 0.0)
    for first_s, said in ((0.2, ""), (1.3, "lost")):
        hole = (right.time_s > first_s) & (right.time_s < first_s + 0.2)
        acc = np.where(hole[:, np.newaxis], np.nan, right.acc_m_s2)
        found = find_sync_event(left, Shaken(right.time_s, acc, right.rate_hz))
        assert found == said if said else isinstance(found, SyncEvent)


def test_steps_in_turn_are_no_event() -> None:
    left, _ = shaken(World(), 3, 0.0, (0.5, 1.6, 2.7))
    _, right = shaken(World(), 4, 0.0, (1.05, 2.15, 3.25))
    assert find_sync_event(left, right) == "no_shocks"


def test_quiet_devices_and_a_single_knock_are_no_event() -> None:
    assert find_sync_event(*shaken(World(), 3, 0.0, ())) == "no_shocks"
    assert find_sync_event(*shaken(World(), 3, 0.0, (1.5,))) == "no_shocks"
    nothing = Shaken(np.empty(0), np.empty((0, 3)), 100.0)
    assert find_sync_event(nothing, nothing) == "no_shocks"


def test_shocks_of_different_shape_are_told_apart() -> None:
    left, _ = shaken(World(alike=0.0, noise_m_s2=0.5), 3, 0.0, (1.0, 1.5))
    time_s = left.time_s
    knock = np.where(np.abs(((time_s - 1.0) % 0.5) - 0.03) < 0.11, RNG.normal(0.0, 15.0, time_s.size), 0.0)
    knock[(time_s < 0.95) | (time_s > 1.7)] = 0.0
    right = Shaken(time_s, np.stack([knock, 0.3 * np.roll(knock, 3), RNG.normal(0.0, 0.1, time_s.size)], axis=1), 100.0)
    found = find_sync_event(left, right)
    assert found in ("unlike", "no_shocks") or (isinstance(found, SyncEvent) and found.kind == "stamps")


RNG = np.random.default_rng(12)


def test_shocks_are_where_they_were() -> None:
    left, _ = shaken(World(), 8, 0.0, STAMPS_S)
    np.testing.assert_allclose(find_shocks(left), STAMPS_S, atol=0.06)


def test_walking_before_the_taps_is_passed_over() -> None:
    left, right = shaken(World(), 6, 0.004, (0.4, 2.0, 2.35))
    kept = right.time_s > 0.6  # the right foot was in the air
    found = lag_of(left, Shaken(right.time_s[kept], right.acc_m_s2[kept], right.rate_hz))
    assert found.shocks == 2
    assert found.time_s == pytest.approx(2.0, abs=0.05)


def event(lag_s: float, error_s: float) -> SyncEvent:
    return SyncEvent("taps", 10.0, 2, lag_s, error_s / 1.96, error_s, 0.99)


def test_clocks_agree_where_the_lag_is_within_both_errors() -> None:
    assert event(0.0012, 0.0005).agrees(0.0012)
    assert event(-0.0012, 0.0005).agrees(0.0012)
    assert not event(0.0030, 0.0005).agrees(0.0012)
    assert event(0.05, 0.001).agrees(math.inf)


def test_the_error_is_raised_where_they_do_not() -> None:
    assert event(0.0012, 0.0005).shown_s(0.0012) == 0.0012
    assert event(-0.0030, 0.0005).shown_s(0.0012) == pytest.approx(0.0035)
