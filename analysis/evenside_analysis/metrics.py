"""The metrics that evenside reports: one table with everything that is a property of the metric and not of the wearer.

``metric`` looks one up, as it holds at a site: a bag strap of 5 kg is signal where a force plate would call it noise.
Floors and minimum rates are design decisions. A default MDC95 stands only where a value was computed or published;
NaN says that none is known, and then no pattern over sessions is claimed before the wearer has an own one.

``figure_words`` is the only place that turns a figure into a sentence: sizes are printed without a sign and always
with the word of their side, and nothing is called good, bad or healthy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from evenside_analysis.claims import claim_words, withheld_words
from evenside_analysis.conversions import ai_to
from evenside_analysis.types import Figure, Reason

__all__ = ["METRICS", "Metric", "figure_words", "metric", "share_words", "sided", "sided_interval"]

_VOISARD = "19 healthy adults, 110 walks of 2 x 10 m, one trial, computed from Voisard et al. (2023), IPOL 497"
_UNKNOWN = "no published value known to us"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table.

    ``floor`` is the smallest left + right, in ``unit``, that counts as signal. ``sync_limit_s`` is the largest clock
    error between the sides at which the metric is still published (inf where each side is timed by its own clock
    alone). ``magnitude``: the gain of a sensor matters. ``force``: so does its zero. ``share``: "52 % right" is a
    fair way to say it. ``late``: where the contacts of one foot are told late by δ, right - left is off by this many
    δ: a step gains what the next one loses, initial and terminal contact are not late by the same, a stride is as long
    as ever. ``offset``: where initial contacts of both feet are told late by the same δ, and terminal ones are not,
    both sides are off by δ: no asymmetry is made by that, but one that is there is scaled. ``strapped``: how a sensor
    sits and how tightly it is strapped on shapes it, by an amount that nobody measured: its bias is unknown.
    """

    id: str
    name: str  # for people, where the site stands beside it
    larger: str  # "longer": what the larger side is, as in "longer on the right"
    unit: str
    floor: float
    min_rate_hz: float
    kind: Literal["ratio", "signed"] = "ratio"
    uses_both_clocks: bool = False
    magnitude: bool = False
    force: bool = False
    share: bool = False
    mdc95_ai: float = math.nan  # of one session
    mdc95_source: str = _UNKNOWN
    sync_limit_s: float = math.inf
    n_min: int = 6
    late: int = 0
    offset: bool = False
    strapped: bool = False
    in_full: str = ""  # the name where no site stands beside it, if that differs


_NOMINAL = 0.96  # cheap oscillators and rounded settings are up to 4 % off
_IMU_HZ = 100.0 * _NOMINAL
# A contact of an insole or plate is a threshold crossing, found between samples: half the rate does.
_FORCE_HZ = 50.0 * _NOMINAL
_LOADING_HZ = 200.0 * _NOMINAL  # the load comes on within 30 to 150 ms
_SYNC_LIMIT_S = 0.002

METRICS: tuple[Metric, ...] = (
    Metric(
        *("step_time", "step time", "longer", "s", 0.2, _IMU_HZ),
        uses_both_clocks=True,
        mdc95_ai=5.9,
        mdc95_source=f"{_VOISARD}; from medians",
        sync_limit_s=_SYNC_LIMIT_S,
        late=2,
    ),
    Metric("stride_time", "stride time", "longer", "s", 0.4, _IMU_HZ),
    Metric(
        *("stance_time", "stance time", "longer", "s", 0.2, _IMU_HZ),
        mdc95_ai=4.5,
        mdc95_source=f"{_VOISARD}; upper end of 3.6 to 4.5",
        late=1,
        offset=True,
    ),
    Metric(
        *("swing_time", "swing time", "longer", "s", 0.2, _IMU_HZ),
        mdc95_ai=5.6,
        mdc95_source=_VOISARD,
        late=1,
        offset=True,
    ),
    Metric(
        *("double_support", "double support", "longer", "s", 0.05, _IMU_HZ),
        uses_both_clocks=True,
        sync_limit_s=_SYNC_LIMIT_S,
        late=2,
        offset=True,
    ),
    Metric("peak_force", "peak force", "higher", "N", 100.0, _FORCE_HZ, magnitude=True, force=True),
    Metric("impulse", "impulse", "more load", "N s", 20.0, _FORCE_HZ, magnitude=True, force=True, share=True),
    Metric("loading_rate", "loading rate", "higher", "N/s", 500.0, _LOADING_HZ, magnitude=True),
    Metric("load_share", "load", "more load", "N", 100.0, 1.0, magnitude=True, force=True, share=True),
    Metric(
        *("impact", "impact (g-based)", "harder", "m/s²", 2.0, _IMU_HZ),
        magnitude=True,
        strapped=True,
        in_full="impact dose (g-based)",
    ),
    Metric("arm_use", "arm use", "more use", "s", 60.0, 25.0 * _NOMINAL, share=True),
)

_BY_ID = {row.id: row for row in METRICS}
_AT_SITE = {
    **{
        ("load_share", site): replace(_BY_ID["load_share"], larger="more", in_full="load on the foot")
        for site in ("insole", "plate")
    },
    # Two empty straps read up to a few newtons, a bag of 1 kg reads 10.
    ("load_share", "strap"): replace(_BY_ID["load_share"], larger="more", floor=10.0, in_full="bag strap load"),
    ("load_share", "grip"): replace(
        _BY_ID["load_share"], name="force", larger="higher", floor=10.0, in_full="grip force"
    ),
    # Pedals report power: it has a gain, and its zero is not one of newtons.
    ("load_share", "pedal"): replace(
        _BY_ID["load_share"],
        name="power",
        larger="more",
        unit="W",
        floor=20.0,
        force=False,
        in_full="pedal power",
    ),
    **{
        (id_, site): replace(_BY_ID[id_], min_rate_hz=_FORCE_HZ)
        for id_ in ("step_time", "stride_time", "stance_time", "swing_time", "double_support")
        for site in ("insole", "plate")
    },
}


def metric(metric_id: str, site: str = "") -> Metric:
    """The metric as it holds at a site; without a site, or at one with no rules of its own, the row of the table.

    Raises ValueError, naming the known ids, for any other id.
    """
    if metric_id not in _BY_ID:
        raise ValueError(f"metric {metric_id!r} is not known; known are {', '.join(_BY_ID)}")
    return _AT_SITE.get((metric_id, site), _BY_ID[metric_id])


def share_words(ai: float) -> str:
    """The share of the larger side, "52.4 % right"; "even" where it rounds to half, "" for NaN."""
    if math.isnan(ai):
        return ""
    size = f"{ai_to('right_share_percent', abs(ai)):.1f}"
    return "even" if size == "50.0" else f"{size} % {'right' if ai > 0 else 'left'}"


def figure_words(figure: Figure) -> str:
    """A figure as a sentence for people, as strong as its claim level and no stronger.

    "stance time 3.1 % (AI) longer on the right [1.9, 4.3], larger than the measuring error of this setup"; the
    interval is given in the direction of that side. Raises ValueError for an unknown metric or a claim without a
    side where it needs one.
    """
    row = metric(figure.metric, figure.site)
    name = row.in_full or row.name
    if figure.reason or math.isnan(figure.ai + figure.ai_lo + figure.ai_hi):
        return f"{name}: {withheld_words(figure.reason)}{_detail(row, figure)}"
    sentence = claim_words(figure.claim, figure.side, row.larger)
    if figure.claim == 0:
        return f"{name}: {sentence} [{sided(figure.ai_lo)}, {sided(figure.ai_hi)}]"
    side = "right" if figure.ai > 0.0 else "left"
    share = share_words(figure.ai) if row.share else ""
    if share.startswith("100.0"):  # a bag that hung on one shoulder all the time
        head = f"{name} all on the {side} {sided_interval(figure.ai_lo, figure.ai_hi)}"
    else:
        size = f"{abs(figure.ai):.1f} % (AI) {row.larger} on the {side}"
        head = f"{name} {size}{share and f' ({share})'} {sided_interval(figure.ai_lo, figure.ai_hi)}"
    # The sentence of level 1 is the head itself, and only this session's.
    return f"{head} in this session" if figure.claim == 1 else f"{head}, {sentence}"


def _detail(row: Metric, figure: Figure) -> str:
    """What there is and what it takes, where a figure is withheld for something that can be counted."""
    total = figure.left_mean + figure.right_mean
    match figure.reason:
        case Reason.TOO_FEW:
            return f": {figure.n} of the {row.n_min} pairs it takes"
        case Reason.ONE_SIDE_MISSING:
            return f": the {'left' if figure.n_left < figure.n_right else 'right'} one"
        case Reason.BELOW_FLOOR if math.isfinite(total):
            return f": left and right come to {total:.3g} {row.unit}, it takes {row.floor:g}"
        case Reason.SYNC if row.uses_both_clocks and figure.sync_error_s <= row.sync_limit_s:
            return f": {1e3 * figure.sync_error_s:.1f} ms by a sync event, more than they state"
        case Reason.SYNC if math.isfinite(figure.sync_error_s) and math.isfinite(row.sync_limit_s):
            return f": {1e3 * figure.sync_error_s:.1f} ms, at most {1e3 * row.sync_limit_s:g} ms"
        case Reason.RATE_TOO_LOW:
            return f": it takes {row.min_rate_hz / _NOMINAL:.0f} Hz"
    return ""


def sided_interval(lo: float, hi: float) -> str:
    """Two AIs as "[1.9, 4.3]" towards the larger side where both lie on it, else each with its side; "" for NaN."""
    if math.isnan(lo) or math.isnan(hi):
        return ""
    if lo < 0.0 < hi:
        return f"[{sided(lo)}, {sided(hi)}]"
    near, far = sorted((abs(lo), abs(hi)))
    return f"[{near:.1f}, {far:.1f}]"


def sided(ai: float) -> str:
    """An AI as size and side, "3.1 right", never with a sign; "0" where it rounds to that, "" for NaN."""
    if math.isnan(ai):
        return ""
    size = f"{abs(ai):.1f}"
    return "0" if size == "0.0" else f"{size} {'right' if ai > 0 else 'left'}"
