"""What is set is what comes: expected asymmetries, the scatter of strides, and settings that cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import (
    EVEN,
    SCRIPTS,
    Asymmetry,
    Gait,
    Script,
    Sit,
    Stairs,
    Stand,
    Turn,
    Variability,
    Walk,
    Wearer,
    advance,
    start,
)
from evenside.simulator.curves import curve_of
from evenside.simulator.step_force import impulse_of_contact, impulse_of_gain, peak_n, stance_knots
from evenside_analysis.types import Contacts, Event, Flag, Floats

SMALL = st.floats(-10.0, 10.0)
USUAL = Variability()


def ai(left: float, right: float) -> float:
    return 100.0 * (right - left) / (right + left)


def contacts_of(script: Script, seed: int = 0, variability: Variability = USUAL) -> tuple[Contacts, Contacts]:
    wearer = Wearer(script, seed, variability=variability)
    return advance(wearer, (), start(wearer, ()), math.inf)[1].contacts


def times(contacts: Contacts, kind: Event) -> Floats:
    found: Floats = contacts.time_s[contacts.kind == kind]
    return found


def steady(script: Script, seed: int = 0, variability: Variability = USUAL) -> dict[str, tuple[Floats, Floats]]:
    """Times of the steady steps of one bout, left and right, of equal count."""
    contacts = contacts_of(script, seed, variability)
    ic = [times(foot, Event.IC) for foot in contacts]
    tc = [times(foot, Event.TC)[1:] for foot in contacts]  # the first one ends a stand
    first = 0 if ic[0][0] < ic[1][0] else 1
    n = min(len(tc[0]), len(tc[1])) - 2
    stance = tuple(tc[side][:n] - ic[side][:n] for side in (0, 1))
    later = ic[1 - first][:n] - ic[first][:n]
    sooner = ic[first][1 : n + 1] - ic[1 - first][:n]
    steps = (sooner, later) if first == 0 else (later, sooner)
    peaks = tuple(foot.peak_force_n[foot.kind == Event.TC][1 : n + 1] for foot in contacts)
    return {"stance_time": stance, "step_time": steps, "peak_force": peaks}


# --- expectations -----------------------------------------------------------------------------------------------------


@given(SMALL, SMALL, SMALL, st.floats(-100.0, 100.0))
def test_the_truth_is_what_was_set(stance: float, step: float, load: float, strap: float) -> None:
    asymmetry = Asymmetry(stance_time=stance, step_time=step, load_share=load, strap=strap)
    truth = Wearer((Walk(60.0, asymmetry, bag_n=50.0),)).truth()
    assert truth.asymmetry("stance_time") == pytest.approx(stance, abs=1e-9)
    assert truth.asymmetry("step_time") == pytest.approx(step, abs=1e-9)
    assert truth.asymmetry("load_share") == pytest.approx(load, abs=1e-9)
    assert truth.asymmetry("impulse") == pytest.approx(load, abs=1e-9)
    assert truth.asymmetry("load_share", "strap") == pytest.approx(strap, abs=1e-9)
    assert truth.asymmetry("stride_time") == pytest.approx(0.0, abs=1e-9)
    left, right = truth.means("load_share")
    assert left + right == pytest.approx(750.0, abs=1e-9)


@given(SMALL, SMALL)
def test_swings_and_peaks_can_be_set_instead(swing: float, peak: float) -> None:
    truth = Wearer((Walk(60.0, Asymmetry(swing_time=swing, peak_force=peak)),)).truth()
    assert truth.asymmetry("swing_time") == pytest.approx(swing, abs=1e-9)
    assert truth.asymmetry("peak_force") == pytest.approx(peak, abs=1e-9)
    stance_s, swing_s, stride_s = (truth.means(metric) for metric in ("stance_time", "swing_time", "stride_time"))
    np.testing.assert_allclose(np.add(stance_s, swing_s), stride_s, atol=1e-12)


def test_double_support_is_what_two_stances_share() -> None:
    truth = Wearer((Walk(60.0, Asymmetry(stance_time=4.0, step_time=2.0)),)).truth()
    (step_l, step_r), (stance_l, stance_r) = truth.means("step_time"), truth.means("stance_time")
    assert truth.means("double_support") == pytest.approx((stance_r - step_l, stance_l - step_r), abs=1e-12)


@given(SMALL)
def test_standing_shares_the_whole_weight(load: float) -> None:
    truth = Wearer((Stand(30.0, Asymmetry(load_share=load), bag_n=20.0),)).truth()
    assert truth.asymmetry("load_share") == pytest.approx(load, abs=1e-9)
    assert sum(truth.means("load_share")) == pytest.approx(720.0)
    with pytest.raises(ValueError, match="no truth of stance_time"):
        truth.means("stance_time")


def test_where_nothing_is_carried_a_strap_has_no_asymmetry() -> None:
    with pytest.raises(ValueError, match="0 on both sides"):
        Wearer((Walk(60.0),)).truth().asymmetry("load_share", "strap")


@settings(max_examples=30, deadline=None)
@given(st.floats(0.4, 0.9), st.floats(0.8, 1.3), st.floats(400.0, 1200.0))
def test_impulse_and_peak_are_those_of_the_curve(stance_s: float, gain: float, weight_n: float) -> None:
    curve = curve_of(stance_knots(1.0, 1.0 + stance_s, weight_n, gain))
    at = np.linspace(0.9, 2.1, 60_001)
    force_n = curve.at(at).value()
    impulse = weight_n * (impulse_of_contact(stance_s) + gain * impulse_of_gain(stance_s, stance_s**2))
    assert np.trapezoid(force_n, at) == pytest.approx(impulse, rel=1e-6)
    assert force_n.max() == pytest.approx(peak_n(weight_n, gain), rel=1e-6)
    assert force_n.min() >= -1e-3


# --- what is drawn ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["stance_time", "step_time", "peak_force"])
@pytest.mark.parametrize("points", [-10.0, 0.0, 3.0])
def test_drawn_strides_have_the_asymmetry_that_was_set(metric: str, points: float) -> None:
    asymmetry = Asymmetry(
        stance_time=points if metric == "stance_time" else 0.0,
        step_time=points if metric == "step_time" else 0.0,
        peak_force=points if metric == "peak_force" else 0.0,
    )
    script: Script = (Walk(1500.0, asymmetry),)
    left, right = steady(script, seed=4)[metric]
    truth = Wearer(script).truth()
    # The standard error of the mean of ln(R / L), with the autocorrelation of 0.2.
    error_ai = 50.0 * float(np.std(np.log(right / left))) * math.sqrt(1.2 / 0.8 / left.size)
    assert ai(left.mean(), right.mean()) == pytest.approx(truth.asymmetry(metric), abs=4.0 * error_ai)
    for side, mean in zip((left, right), truth.means(metric), strict=True):
        assert side.mean() == pytest.approx(mean, abs=6.0 * side.std() / math.sqrt(side.size))


def test_drawn_strides_scatter_and_resemble_their_neighbours_as_set() -> None:
    scatter = Variability(step_time=0.03, stance_time=0.02, force=0.05, phi=0.5)
    drawn = steady((Walk(3500.0),), seed=2, variability=scatter)
    for metric, cv in (("step_time", 0.03), ("stance_time", 0.02), ("peak_force", 0.05)):
        left, right = drawn[metric]
        log_ratio = np.log(right / left)
        assert np.std(log_ratio) == pytest.approx(math.sqrt(2.0) * cv, rel=0.08)
        lagged = np.corrcoef(log_ratio[1:], log_ratio[:-1])[0, 1]
        assert lagged == pytest.approx(0.5, abs=0.06)
        assert np.corrcoef(np.log(left), np.log(right))[0, 1] == pytest.approx(0.0, abs=0.08)


def test_without_scatter_every_step_is_the_mean() -> None:
    none = Variability(0.0, 0.0, 0.0, 0.0)
    script: Script = (Walk(60.0, Asymmetry(stance_time=6.0, step_time=-3.0, load_share=5.0)),)
    drawn = steady(script, variability=none)
    truth = Wearer(script, variability=none).truth()
    for metric, (left, right) in drawn.items():
        np.testing.assert_allclose(left, truth.means(metric)[0], atol=1e-9)
        np.testing.assert_allclose(right, truth.means(metric)[1], atol=1e-9)
        assert ai(left.mean(), right.mean()) == pytest.approx(truth.asymmetry(metric), abs=1e-9)


# --- steps in order ---------------------------------------------------------------------------------------------------

SEGMENTS = st.one_of(
    st.builds(Walk, st.floats(6.0, 30.0), st.builds(Asymmetry, SMALL), st.floats(0.5, 2.0), st.floats(0.95, 1.5)),
    st.builds(Stand, st.floats(0.5, 10.0)),
    st.builds(Sit, st.floats(2.0, 10.0)),
    st.builds(Stairs, st.floats(6.0, 15.0), st.booleans(), st.sampled_from(("left", "right")), st.booleans()),
    st.builds(Turn, st.floats(6.0, 8.0), st.floats(-360.0, 360.0)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SEGMENTS, min_size=1, max_size=6), st.integers(0, 1000))
def test_contacts_of_any_script_alternate_in_time(segments: list[Walk], seed: int) -> None:
    script = tuple(segments)
    for foot in contacts_of(script, seed):
        order = [Event.HEEL_RISE, Event.TC, Event.IC, Event.FOOT_FLAT]
        assert (np.diff(foot.time_s) > 0.0).all()
        complete = foot.kind.size - foot.kind.size % 4
        np.testing.assert_array_equal(foot.kind, (order * (complete // 4 + 1))[: foot.kind.size])
        assert complete == foot.kind.size or not isinstance(script[-1], Sit | Stand)


@pytest.mark.parametrize("first", ["left", "right"])
def test_the_foot_that_was_asked_for_steps_first(first: str) -> None:
    left, right = contacts_of((Stand(2.0), Walk(20.0, first="left" if first == "left" else "right"), Stand(2.0)))
    assert (left.time_s[0] < right.time_s[0]) == (first == "left")


def test_a_wearer_sits_down_only_after_the_last_step() -> None:
    left, right = contacts_of((Sit(5.0), Walk(20.0), Sit(5.0)))
    for foot in (left, right):
        assert foot.time_s[0] > 5.0
        assert foot.time_s[-1] < 25.0


def test_turns_and_stairs_are_flagged_and_nothing_else_is() -> None:
    left, right = contacts_of((Walk(20.0), Turn(3.0), Walk(20.0), Stairs(6.0), Walk(20.0)))
    for foot in (left, right):
        turning, climbing = (foot.flags & Flag.TURN) > 0, (foot.flags & Flag.STAIRS) > 0
        assert turning.any()
        assert climbing.any()
        assert ((foot.time_s[turning] > 19.0) & (foot.time_s[turning] < 25.5)).all()
        assert ((foot.time_s[climbing] > 42.0) & (foot.time_s[climbing] < 51.5)).all()


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Asymmetry(stance_time=1.0, swing_time=1.0), "add up to the stride"),
        (lambda: Asymmetry(load_share=1.0, peak_force=1.0), "set one of"),
        (lambda: Asymmetry(step_time=41.0), "step_time 41"),
        (lambda: Asymmetry(strap=101.0), "strap 101"),
        (lambda: Walk(2.0), "duration_s"),
        (lambda: Walk(60.0, stride_s=3.0), "stride_s 3"),
        (lambda: Stand(5.0, sway=0.2), "sway 0.2"),
        (lambda: Variability(step_time=0.2), "step_time 0.2"),
        (lambda: Variability(phi=1.0), "phi 1"),
        (lambda: Wearer(()), "at least one segment"),
        (lambda: Wearer((Stand(5.0), Walk(5.0), Stand(5.0))), "between two rests"),
        (lambda: Wearer((Walk(60.0),), seed=-1), "seed -1"),
        (lambda: Wearer((Walk(60.0),), weight_n=70.0), "weight_n 70"),
        (lambda: Wearer((Walk(60.0, Asymmetry(stance_time=35.0)),)), "no room for a swing"),
        (lambda: Wearer((Walk(60.0),)).truth(1), "no segment 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("name", list(SCRIPTS))
def test_scripts_that_come_along_can_be_worn_with_any_asymmetry(name: str) -> None:
    for asymmetry in (EVEN, Asymmetry(stance_time=8.0, step_time=-5.0, load_share=10.0, strap=-100.0)):
        wearer = Wearer(SCRIPTS[name](asymmetry))
        assert wearer.duration_s in (120.0, 3600.0)
        for number, segment in enumerate(wearer.script):
            if isinstance(segment, Gait) and segment.asymmetry is asymmetry:
                assert wearer.truth(number).asymmetry("step_time") == pytest.approx(asymmetry.step_time, abs=1e-9)
