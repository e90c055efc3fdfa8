"""What the settings come to: the mean of each quantity on each side, and what a perfect detector would find.

Everything is solved for, nothing simulated: the means of steps and stances follow from the asymmetries, and the loads
of both feet are such that over a stride they carry the whole weight. So the expected asymmetry of every metric is known
exactly, whatever the scatter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from evenside.simulator.plan import REFERENCE_SWING_S
from evenside.simulator.running import RUN_PACE, run_duty
from evenside.simulator.script import Asymmetry, Cycle, Gait, Lie, Run, Segment, Sit, Stairs, Turn, Walk, Wear
from evenside.simulator.step_force import RAN, WALKED, Humps, impulse_of_contact, impulse_of_gain, peak_n

__all__ = ["Targets", "Truth", "Variability", "feet_n", "strap_n", "targets", "truth_of"]

FEET_SHARE_SITTING, FEET_SHARE_CYCLING, FEET_SHARE_LYING = 0.2, 0.35, 0.005  # of the body weight
SWING_MIN_S = 0.15

Both = tuple[float, float]
"""Left and right."""


@dataclass(frozen=True, slots=True)
class Variability:
    """Scatter from stride to stride: coefficients of variation, and the lag-1 autocorrelation ``phi`` of each side.

    Both sides scatter alike and independently, so ln(R / L) has the same ``phi`` and sqrt(2) times the scatter.
    """

    step_time: float = 0.02
    stance_time: float = 0.02
    force: float = 0.03
    phi: float = 0.2

    def __post_init__(self) -> None:
        for name in ("step_time", "stance_time", "force"):
            if not 0.0 <= getattr(self, name) <= 0.1:
                raise ValueError(f"variability {name} {getattr(self, name)} must lie in 0 to 0.1")
        if not -0.95 <= self.phi <= 0.95:
            raise ValueError(f"phi {self.phi} must lie in -0.95 to 0.95")


@dataclass(frozen=True, slots=True)
class Targets:
    """Means of a segment of gait, left and right."""

    step_s: Both
    stance_s: Both
    swing_s: Both
    gain: Both
    step_m: float
    humps: Humps = WALKED
    pace: float = 1.0  # of push-off and landing, against those of the shapes

    @property
    def stride_s(self) -> float:
        return sum(self.step_s)


@dataclass(frozen=True, slots=True)
class Truth:
    """Expected means of each metric: rows of (metric, site, left, right); site is "feet" or "strap".

    Steps are those of steady walking, without the first and the last ones; ``double_support`` of a side begins with
    that side's contact; ``impulse`` and ``load_share`` are of the whole force, not of what lies above a threshold.
    """

    rows: tuple[tuple[str, str, float, float], ...]

    def means(self, metric: str, site: Literal["feet", "strap"] = "feet") -> Both:
        """Left and right, in the unit of the metric. Raises ValueError where this segment has none."""
        for known, where, left, right in self.rows:
            if (known, where) == (metric, site):
                return left, right
        known_here = ", ".join(f"{name} ({where})" for name, where, _, _ in self.rows)
        raise ValueError(f"no truth of {metric} ({site}) in this segment; there is {known_here}")

    def asymmetry(self, metric: str, site: Literal["feet", "strap"] = "feet") -> float:
        """AI points, positive = right larger. Raises ValueError where this segment has none, or nothing is there."""
        left, right = self.means(metric, site)
        if left + right == 0.0:
            raise ValueError(f"{metric} ({site}) is 0 on both sides: it has no asymmetry")
        return 100.0 * (right - left) / (right + left)


def targets(segment: Gait, variability: Variability) -> Targets:
    """Raises ValueError where five standard deviations would leave no swing."""
    asymmetry, stride_s = segment.asymmetry, segment.stride_s
    step_s = _sides(stride_s / 2.0, asymmetry.step_time)
    stance_s = _stances(asymmetry, stride_s, _duty(segment) * stride_s)
    swing_s = (stride_s - stance_s[0], stride_s - stance_s[1])
    for swing, stance in zip(swing_s, stance_s, strict=True):
        scatter_s = math.hypot(math.hypot(*step_s) * variability.step_time, stance * variability.stance_time)
        if swing - 5.0 * scatter_s < SWING_MIN_S or stance < (0.15 if isinstance(segment, Run) else 0.3):
            raise ValueError(
                f"{segment}: a stance of {stance:.2f} s in a stride of {stride_s:.2f} s leaves no room for a swing; "
                "take a smaller asymmetry or a longer stride"
            )
    humps = RAN if isinstance(segment, Run) else WALKED
    gain = _gains(asymmetry, stance_s, stride_s, variability, humps)
    # The same on both sides: a short swing does not make a foot slap faster than the other one.
    pace = RUN_PACE if isinstance(segment, Run) else (stride_s - sum(stance_s) / 2.0) / REFERENCE_SWING_S
    return Targets(step_s, stance_s, swing_s, gain, _step_m(segment), humps, pace)


def feet_n(segment: Segment, body_n: float) -> float:
    """The weight on both feet."""
    if isinstance(segment, Sit) or (isinstance(segment, Wear) and segment.seated):
        return body_n * FEET_SHARE_SITTING
    if isinstance(segment, Lie):
        return body_n * FEET_SHARE_LYING
    return body_n * FEET_SHARE_CYCLING if isinstance(segment, Cycle) else body_n + segment.bag_n


def strap_n(segment: Segment) -> Both:
    """Force of the left and of the right strap: nothing where the bag hangs from a hand."""
    return (0.0, 0.0) if segment.arms.hand is not None else _sides(segment.bag_n / 2.0, segment.asymmetry.strap)


def truth_of(segment: Segment, body_n: float, variability: Variability) -> Truth:
    """What holds in the long run of one segment, for a wearer of this weight."""
    left, right = strap_n(segment)
    strap = ("load_share", "strap", left, right)
    if not isinstance(segment, Gait):
        left, right = _sides(feet_n(segment, body_n) / 2.0, segment.asymmetry.load_share or 0.0)
        return Truth((("load_share", "feet", left, right), strap))
    weight_n = body_n + segment.bag_n
    aim = targets(segment, variability)
    impulse = tuple(
        _impulse(stance, gain, weight_n, variability, aim.humps)
        for stance, gain in zip(aim.stance_s, aim.gain, strict=True)
    )
    stride_s = aim.stride_s
    double = ("double_support", "feet", aim.stance_s[1] - aim.step_s[0], aim.stance_s[0] - aim.step_s[1])
    return Truth(
        (
            ("step_time", "feet", *aim.step_s),
            ("stride_time", "feet", stride_s, stride_s),
            ("stance_time", "feet", *aim.stance_s),
            ("swing_time", "feet", *aim.swing_s),
            *(() if isinstance(segment, Run) else (double,)),
            ("peak_force", "feet", peak_n(weight_n, aim.gain[0]), peak_n(weight_n, aim.gain[1])),
            ("impulse", "feet", impulse[0], impulse[1]),
            ("load_share", "feet", impulse[0] / stride_s, impulse[1] / stride_s),
            strap,
        )
    )


def _sides(half: float, ai: float) -> Both:
    return half * (1.0 - ai / 100.0), half * (1.0 + ai / 100.0)


def _duty(segment: Gait) -> float:
    """Share of the stride that a foot stands: less the faster one walks."""
    if isinstance(segment, Walk):
        return min(max(0.62 - 0.06 * (segment.speed_m_s - 1.3), 0.57), 0.68)
    if isinstance(segment, Run):
        return run_duty(segment)
    return 0.66 if isinstance(segment, Turn) else 0.62


def _step_m(segment: Gait) -> float:
    if isinstance(segment, Walk | Run):
        return segment.speed_m_s * segment.stride_s / 2.0
    return segment.tread_m if isinstance(segment, Stairs) else 0.3


def _stances(asymmetry: Asymmetry, stride_s: float, stance_s: float) -> Both:
    if asymmetry.swing_time is not None:
        left, right = _sides(stride_s - stance_s, asymmetry.swing_time)
        return stride_s - left, stride_s - right
    return _sides(stance_s, asymmetry.stance_time or 0.0)


def _impulse(stance_s: float, gain: float, weight_n: float, variability: Variability, humps: Humps) -> float:
    """Expected N s of a step."""
    return weight_n * (impulse_of_contact(stance_s, humps) + gain * _per_gain(stance_s, variability, humps))


def _per_gain(stance_s: float, variability: Variability, humps: Humps) -> float:
    return impulse_of_gain(stance_s, stance_s**2 * (1.0 + variability.stance_time**2), humps)


def _gains(asymmetry: Asymmetry, stance_s: Both, stride_s: float, variability: Variability, humps: Humps) -> Both:
    """Both feet together carry the weight over a stride, and share it as they should."""
    fixed = tuple(impulse_of_contact(stance, humps) for stance in stance_s)
    per_gain = tuple(_per_gain(stance, variability, humps) for stance in stance_s)
    if asymmetry.load_share is not None:
        left, right = _sides(stride_s / 2.0, asymmetry.load_share)
        return (left - fixed[0]) / per_gain[0], (right - fixed[1]) / per_gain[1]
    left, right = _sides(1.0, asymmetry.peak_force or 0.0)
    even = (stride_s - sum(fixed)) / (left * per_gain[0] + right * per_gain[1])
    return even * left, even * right
