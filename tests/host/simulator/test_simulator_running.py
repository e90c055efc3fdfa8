"""Simulated running: flight, the weight carried, and the truth of it."""

from __future__ import annotations

import numpy as np
import pytest

from evenside.simulator import Asymmetry, Device, Run, Script, Sensor, Stand, Variability, Walk, Wearer, advance, start
from evenside.simulator.running import run_duty
from evenside_analysis.types import ACC, FORCE, GRAVITY_M_S2, GYR, Contacts, Event, Floats, Node, Side

RATE_HZ = 500.0
NONE = Variability(0.0, 0.0, 0.0, 0.0)
PERFECT = Sensor(acc_noise_m_s2=0.0, gyr_noise_rad_s=0.0, force_noise_n=0.0, mounting=False)


def ran(script: Script, variability: Variability = NONE) -> tuple[tuple[Contacts, Contacts], list[Floats], Floats]:
    """True contacts, values of left insole, right insole and left foot, and their times."""
    wearer = Wearer(script, seed=2, variability=variability)
    sides: tuple[Side, ...] = ("left", "right")
    nodes = [Node(f"{side}_insole", "insole", side, (FORCE,), RATE_HZ) for side in sides]
    nodes.append(Node("left_foot", "foot", "left", (*ACC, *GYR), RATE_HZ, acc_range_m_s2=400.0, gyr_range_rad_s=70.0))
    devices = tuple(Device(node, PERFECT) for node in nodes)
    piece = advance(wearer, devices, start(wearer, devices), wearer.duration_s)[1]
    return piece.contacts, [one.values for one in piece.samples], piece.samples[0].true_s


def of(contacts: Contacts, kind: Event) -> Floats:
    return np.asarray(contacts.time_s[contacts.kind == kind])


@pytest.mark.parametrize("speed_m_s", [2.2, 3.0, 4.5])
def test_the_feet_never_stand_together_and_carry_the_weight(speed_m_s: float) -> None:
    contacts, (left, right, _), time_s = ran((Stand(3.0), Run(30.0, speed_m_s=speed_m_s), Stand(3.0)))
    ic = of(contacts[0], Event.IC)
    both = (left + right)[:, 0]
    steady = (time_s >= ic[5]) & (time_s < ic[-5])
    assert both[steady].mean() == pytest.approx(700.0, rel=2e-3)
    assert np.minimum(left, right)[steady].max() == 0.0
    assert (both[steady] < 5.0).mean() > 0.05
    assert 1.7 < both[steady].max() / 700.0 < 3.6


def test_stance_and_peaks_are_those_of_the_truth() -> None:
    run = Run(40.0, Asymmetry(stance_time=6.0, peak_force=4.0))
    contacts, (left, right, _), time_s = ran((Stand(3.0), run, Stand(3.0)))
    truth = Wearer((run,), variability=NONE).truth()
    for foot, force_n, stance_s, peak_n in zip(
        contacts, (left, right), truth.means("stance_time"), truth.means("peak_force"), strict=True
    ):
        ic, tc = of(foot, Event.IC), of(foot, Event.TC)[1:]
        steady = slice(4, -4)
        np.testing.assert_allclose(tc[: ic.size][steady] - ic[: tc.size][steady], stance_s, atol=1e-6)
        inside = (time_s > ic[5]) & (time_s < ic[-5])
        assert force_n[inside].max() == pytest.approx(peak_n, rel=2e-3)
    assert truth.asymmetry("stance_time") == pytest.approx(6.0)
    with pytest.raises(ValueError, match="double_support"):
        truth.means("double_support")


def test_a_foot_in_flight_goes_round_and_lands_hard() -> None:
    _, (_, _, foot), time_s = ran((Stand(3.0), Run(30.0, speed_m_s=3.5), Stand(3.0)))
    steady = (time_s > 10.0) & (time_s < 28.0)
    acc, gyr = foot[steady, :3], foot[steady, 3:]
    assert 12.0 < np.abs(gyr).max() < 30.0
    assert 8.0 < np.linalg.norm(acc, axis=1).max() / GRAVITY_M_S2 < 50.0
    # It comes back to where it was: the pitch of a stride sums up to nothing.
    assert abs(float(gyr[:, 1].mean())) < 0.05


def test_who_runs_faster_stands_for_a_shorter_time() -> None:
    duties = [run_duty(Run(10.0, speed_m_s=speed)) for speed in (2.0, 2.5, 3.5, 5.0)]
    assert duties == sorted(duties, reverse=True)
    assert all(0.25 < duty < 0.45 for duty in duties)


def test_one_walks_into_a_run_and_out_of_it_without_a_stop() -> None:
    contacts, _, _ = ran((Stand(3.0), Walk(10.0), Run(20.0), Walk(10.0), Stand(3.0)), Variability())
    steps = np.sort(np.concatenate([of(foot, Event.IC) for foot in contacts]))
    assert np.diff(steps).max() < 0.7
    running = np.diff(steps[(steps > 14.5) & (steps < 32.5)])
    assert abs(float(running.mean()) - 0.36) < 0.01


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"speed_m_s": 1.5}, "speed_m_s of a run"),
        ({"stride_s": 1.1}, "stride_s of a run"),
        ({"duration_s": 1.0}, "run"),
    ],
)
def test_a_run_that_cannot_be_is_refused(settings: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Run(**{"duration_s": 10.0, **settings})  # type: ignore[arg-type]
