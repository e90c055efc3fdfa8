"""How alike one step is to the next, from a single sensor on the trunk: regularity and harmonic ratios.

``regularity`` compares a signal with itself a step or a stride later (autocovariance), ``harmonic_ratio`` and
``improved_harmonic_ratio`` ask how much of one stride repeats within it. For a strictly periodic signal they are the
same finding: ``ad1 = 2 iHR / 100 - 1`` (vertical and anteroposterior) and ``ad1 = 1 - 2 iHR / 100`` (mediolateral).

None of them has a side: they tell that left and right steps differ, and never which is longer. A sensor in the middle
of the body cannot tell that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Floats, Site

__all__ = [
    "HARMONICS",
    "AxisRegularity",
    "Regularity",
    "autocovariance",
    "harmonic_ratio",
    "harmonics",
    "improved_harmonic_ratio",
    "regularity",
    "regularity_words",
]

HARMONICS = 20


@dataclass(frozen=True, slots=True)
class AxisRegularity:
    """Of one axis of the trunk. ``ad1``: step regularity, -1 to 1, negative on the mediolateral axis, where every
    second step goes the other way. ``ad2``: stride regularity, up to 1. ``ihr``: improved harmonic ratio in percent,
    mean over the strides, with its 95 % interval. ``hr``: harmonic ratio, mean over the strides.
    """

    ad1: float
    ad2: float
    ihr: float
    ihr_lo: float
    ihr_hi: float
    hr: float

    @property
    def ratio(self) -> float:
        """``|ad1| / ad2``, 1 where steps are as alike as strides. Moe-Nilssen, Helbostad (2004), J. Biomech. 37:121."""
        return abs(self.ad1) / self.ad2 if self.ad2 != 0.0 else float("nan")

    @property
    def difference(self) -> float:
        """``||ad1| - ad2|``, 0 where steps are as alike as strides. Buckley et al. (2020), Sensors 20:37."""
        return abs(abs(self.ad1) - self.ad2)

    @property
    def index(self) -> float:
        """``1 - 2 ||ad1| - ad2| / (|ad1| + ad2)``, 1 where steps are as alike as strides. Angelini et al., in van
        Gelder et al. (2021), Symmetry 13:1560.
        """
        total = abs(self.ad1) + self.ad2
        return 1.0 - 2.0 * self.difference / total if total != 0.0 else float("nan")


@dataclass(frozen=True, slots=True)
class Regularity:
    """Of straight walking, by one sensor on the trunk: of one bout, or of a session (then of several ``bouts``, means
    weighted by their strides). No side is in it.
    """

    node: str
    site: Site
    start_s: float
    end_s: float
    bouts: int
    strides: int
    cadence_per_min: float  # steps
    vertical: AxisRegularity
    anteroposterior: AxisRegularity
    mediolateral: AxisRegularity

    @property
    def axes(self) -> tuple[tuple[str, AxisRegularity], ...]:
        """Each axis with its name, vertical first."""
        return (
            ("vertical", self.vertical),
            ("anteroposterior", self.anteroposterior),
            ("mediolateral", self.mediolateral),
        )


def regularity_words(found: Regularity) -> str:
    """A sentence for people; it says that there is no side in it."""
    bouts = "1 bout" if found.bouts == 1 else f"{found.bouts} bouts"
    axes = "; ".join(
        f"{name} ad1 {one.ad1:.2f}, ad2 {one.ad2:.2f}, iHR {one.ihr:.1f} % [{one.ihr_lo:.1f}, {one.ihr_hi:.1f}]"
        for name, one in found.axes
    )
    return (
        f"{found.node}: regularity of {found.strides} strides in {bouts} of straight walking, "
        f"{found.cadence_per_min:.0f} steps a minute: {axes}. One sensor in the middle cannot tell left from right: "
        f"this says how alike steps are, and of no side"
    )


def autocovariance(signals: Floats, lags: int) -> Floats:
    """Unbiased autocovariance (..., lags) of signals (..., n) about their means, at lags of 0 to ``lags - 1`` samples.

    ``A(m) = sum_i x_i x_(i+m) / (n - m)``. Raises ValueError unless 0 < lags <= n.
    """
    n = signals.shape[-1]
    if not 0 < lags <= n:
        raise ValueError(f"{lags} lags of {n} samples: give at least 1, at most as many as there are samples")
    centred = signals - np.ascontiguousarray(signals).mean(axis=-1, keepdims=True)
    size = 1 << (n + lags - 1).bit_length()  # no lag wraps round
    spectrum = np.fft.rfft(centred, size)
    power = spectrum.real * spectrum.real + spectrum.imag * spectrum.imag
    return np.asarray(np.fft.irfft(power, size)[..., :lags] / (n - np.arange(lags)))


def regularity(signal: Floats, lag: int) -> float:
    """Autocovariance of a signal (n,) at ``lag`` over that at 0: 1 where it repeats itself exactly, NaN if it is flat.

    At the lag of a step ad1, at that of a stride ad2. Moe-Nilssen, Helbostad (2004), J. Biomech. 37:121-126. Raises
    ValueError for a lag that the signal does not hold.
    """
    if signal.ndim != 1 or not 0 <= lag < signal.size:
        raise ValueError(f"a lag of {lag} samples does not fit a signal of shape {signal.shape}")
    found = autocovariance(signal, lag + 1)
    return float(found[lag] / found[0]) if found[0] > 0.0 else float("nan")


def harmonics(strides: Floats, count: int = HARMONICS) -> Floats:
    """Amplitudes (..., count) of the harmonics 1 to ``count`` of strides (..., n), each exactly one stride long.

    Raises ValueError where n is less than twice ``count``: then the highest ones do not exist.
    """
    n = strides.shape[-1]
    if n < 2 * count:
        raise ValueError(f"{count} harmonics need strides of at least {2 * count} samples, got {n}")
    return np.asarray(np.abs(np.fft.rfft(strides)[..., 1 : count + 1]) * (2.0 / n))


def harmonic_ratio(amplitudes: Floats, *, mediolateral: bool = False) -> Floats:
    """HR of amplitudes (..., count): sum of the even over sum of the odd ones, the inverse on the mediolateral axis.

    0 to inf, high where steps are alike; NaN for no motion. Menz et al. (2003); Bellanca et al. (2013), J. Biomech.
    46:828-831.
    """
    even, odd = amplitudes[..., 1::2].sum(axis=-1), amplitudes[..., ::2].sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(odd / even if mediolateral else even / odd)


def improved_harmonic_ratio(amplitudes: Floats, *, mediolateral: bool = False) -> Floats:
    """iHR of amplitudes (..., count) in percent: the share of power that repeats with every step, which is that of the
    even harmonics, on the mediolateral axis of the odd ones.

    0 to 100, 100 where steps are alike; NaN for no motion. Pasciuto et al. (2017), J. Biomech. 53:84-89.
    """
    power = amplitudes * amplitudes
    even, odd = power[..., 1::2].sum(axis=-1), power[..., ::2].sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(100.0 * (odd if mediolateral else even) / (even + odd))
