"""Calibrations of sensors at hand, and what follows from all of them for the sensors that are worn now.

A calibration belongs to devices, never to sides: a strap cell that reads 2 % high does so on either shoulder. (Where
one device measures both sides, as pedals do, its halves go by the names of their nodes.) Four kinds, each kept as a
gain, a zero, or both, of one or two devices:

- ``tare``: the zero of a force sensor with nothing on it.
- ``scale``: gain and zero from dead weights.
- ``static``: the bias of a gyroscope at rest; of an accelerometer gain and bias, if it lay in enough positions.
- ``swap``: the ratio of two gains, from sessions before and after both devices were exchanged (``swap``).

Of each channel the latest gain and the latest zero hold. They correct the readings (``correction``), and as long as
they are fresh they also narrow what the bias budget allows for; where evenside.toml states a trust, that stands. What
this never does: let a single known side vouch for the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from evenside_analysis.correction import Correction, corrected_node
from evenside_analysis.settings import DEFAULT_TRUST, MonitorSettings, Trust
from evenside_analysis.types import ACC, FORCE, POWER, Node, Site

__all__ = [
    "FRESH_DAYS",
    "UNCALIBRATED",
    "CalibratedDevice",
    "Calibration",
    "CalibrationKind",
    "InForce",
    "WornDevice",
    "calibrated",
    "in_force",
]

CalibrationKind = Literal["tare", "scale", "static", "swap"]

FRESH_DAYS = 31.0
"""A calibration is to be repeated monthly; an older one still corrects, and narrows nothing any more."""

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class CalibratedDevice:
    """What was found of one device: ``value = gain * (reading - zero)`` for each of ``channels``, in SI units.

    Empty ``gain`` or ``zero``: not measured. ``ln_gain_sd`` is of this device alone, ``zero_sd`` the largest of its
    channels; NaN where not measured. A device goes by its serial number, or where it has none by its wearer's node.
    Raises ValueError for counts that differ, gains that are not positive, zeros that are not finite.
    """

    node: str
    channels: tuple[str, ...]
    gain: tuple[float, ...] = ()
    zero: tuple[float, ...] = ()
    serial: str = ""
    ln_gain_sd: float = math.nan
    zero_sd: float = math.nan

    def __post_init__(self) -> None:
        count = len(self.channels)
        if not count or len(self.gain) not in (0, count) or len(self.zero) not in (0, count):
            raise ValueError(f"node {self.node}: gain and zero need one number for each of {', '.join(self.channels)}")
        if not all(0.0 < gain < math.inf for gain in self.gain) or not all(map(math.isfinite, self.zero)):
            raise ValueError(f"node {self.node}: gain {self.gain} must be positive, zero {self.zero} finite")
        if not (self.gain or self.zero):
            raise ValueError(f"node {self.node}: neither gain nor zero")


@dataclass(frozen=True, slots=True)
class Calibration:
    """One measurement. ``made_ns`` is UTC; ``ln_gain_sd``: of ln(gain right / gain left) after a swap of ``pairs``.

    ``words`` say what was found, for people. Raises ValueError for a swap that is not of two devices with gains.
    """

    id: str
    kind: CalibrationKind
    site: Site
    wearer: str
    made_ns: int
    devices: tuple[CalibratedDevice, ...]
    ln_gain_sd: float = math.nan
    pairs: int = 0
    words: str = ""

    def __post_init__(self) -> None:
        if self.kind == "swap" and not (
            len(self.devices) == 2 and all(device.gain for device in self.devices) and self.ln_gain_sd >= 0.0
        ):
            raise ValueError(f"calibration {self.id}: a swap tells the gains of two devices, and their error")
        if not self.devices:
            raise ValueError(f"calibration {self.id}: no device")

    def of(self, worn: WornDevice, wearer: str, *, shared: bool = False) -> CalibratedDevice | None:
        """What it says of a device that is worn, or None. ``shared``: one device plays several of the worn nodes."""
        shared = shared or [device.serial for device in self.devices].count(worn.serial) > 1
        return next((device for device in self.devices if self._is(device, worn, wearer, shared)), None)

    def age_days(self, now_ns: int) -> float:
        """0 for one that a clock which was set since has put into the future."""
        return max(now_ns - self.made_ns, 0) / 1e9 / _DAY_S

    def _is(self, device: CalibratedDevice, worn: WornDevice, wearer: str, shared: bool) -> bool:
        if device.serial or worn.serial:
            return device.serial == worn.serial and (not shared or device.node == worn.node.id)
        return (self.wearer, self.site, device.node) == (wearer, worn.node.site, worn.node.id)


@dataclass(frozen=True, slots=True)
class WornDevice:
    """A node, and which device plays it ("" where nobody says)."""

    node: Node
    serial: str = ""


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds for one session: corrections by node, the trust in sites that are known better than by default.

    ``trust`` is outranked by what evenside.toml says of a site.
    """

    corrections: tuple[Correction, ...] = ()
    trust: tuple[tuple[Site, Trust], ...] = field(default=())

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all calibrations that correct something."""
        return tuple(dict.fromkeys(id_ for correction in self.corrections for id_ in correction.ids))


UNCALIBRATED = InForce()
"""Nothing is corrected, everything trusted as by default."""


def calibrated(settings: MonitorSettings, force: InForce) -> MonitorSettings:
    """The settings of a session in which that holds; live, replay and offline all come by them here."""
    return replace(
        settings,
        nodes=tuple(corrected_node(force.corrections, node) for node in settings.nodes),
        trust=tuple({**dict(force.trust), **dict(settings.trust)}.items()),
        corrections=force.corrections,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A number and where it comes from."""

    value: float
    sd: float
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class _Known:
    """Of one device, by channel."""

    gains: dict[str, _Found]
    zeros: dict[str, _Found]


def in_force(
    worn: Sequence[WornDevice], wearer: str, known: Iterable[Calibration], now_ns: int, hold_s: float
) -> InForce:
    """What all calibrations come to for the devices of a wearer, in a session that begins now and lasts ``hold_s``.

    A swap holds only while both of its devices are worn at one site. The zero of a force sensor wanders: right after a
    tare it is known as well as the tare says, a day later no better than by default.
    """
    found = [_Known({}, {}) for _ in worn]
    serials = [device.serial for device in worn]
    for calibration in sorted(known, key=lambda one: one.made_ns):
        of_each = [calibration.of(device, wearer, shared=serials.count(device.serial) > 1) for device in worn]
        if calibration.kind == "swap" and not _worn_together(worn, of_each):
            continue
        for device, into in zip(of_each, found, strict=True):
            if device is not None:
                into.gains.update(_by_channel(device.channels, device.gain, device.ln_gain_sd, calibration))
                into.zeros.update(_by_channel(device.channels, device.zero, device.zero_sd, calibration))
    corrections = [_correction(device.node, one) for device, one in zip(worn, found, strict=True)]
    return InForce(
        tuple(correction for correction in corrections if correction is not None), _trusts(worn, found, now_ns, hold_s)
    )


def _worn_together(worn: Sequence[WornDevice], of_each: Sequence[CalibratedDevice | None]) -> bool:
    places = {(one.node.site, one.node.side) for one, device in zip(worn, of_each, strict=True) if device is not None}
    return {side for _, side in places} == {"left", "right"} and len({site for site, _ in places}) == 1


def _by_channel(
    channels: tuple[str, ...], values: tuple[float, ...], sd: float, calibration: Calibration
) -> dict[str, _Found]:
    return {channel: _Found(value, sd, calibration) for channel, value in zip(channels, values, strict=False) if values}


def _correction(node: Node, known: _Known) -> Correction | None:
    channels = tuple(channel for channel in node.channels if channel in known.gains or channel in known.zeros)
    if not channels:
        return None
    sources = [known.gains.get(channel) for channel in channels] + [known.zeros.get(channel) for channel in channels]
    ids = dict.fromkeys(source.calibration.id for source in sources if source is not None)
    return Correction(
        node.id,
        channels,
        tuple(known.gains[channel].value if channel in known.gains else 1.0 for channel in channels),
        tuple(known.zeros[channel].value if channel in known.zeros else 0.0 for channel in channels),
        tuple(ids),
    )


def _trusts(
    worn: Sequence[WornDevice], found: Sequence[_Known], now_ns: int, hold_s: float
) -> tuple[tuple[Site, Trust], ...]:
    trusts: list[tuple[Site, Trust]] = []
    for left, of_left in zip(worn, found, strict=True):
        for right, of_right in zip(worn, found, strict=True):
            if (left.node.side, right.node.side) != ("left", "right") or left.node.site != right.node.site:
                continue
            site = left.node.site
            default = dict(DEFAULT_TRUST).get(site, Trust(math.inf, math.inf))
            gain_sd = _gain_sd(of_left, of_right, _magnitudes(left.node), now_ns)
            zero_n = _zero_error_n(of_left, of_right, default.zero_error_n, now_ns, hold_s)
            if gain_sd is not None or zero_n is not None:
                trust = Trust(
                    default.ln_gain_sd if gain_sd is None else gain_sd,
                    default.zero_error_n if zero_n is None else zero_n,
                )
                trusts.append((site, trust))
    return tuple(trusts)


def _magnitudes(node: Node) -> tuple[str, ...]:
    """The channels whose gain decides over sizes at this node."""
    for channel in (FORCE, POWER):
        if channel in node.channels:
            return (channel,)
    return ACC


def _gain_sd(left: _Known, right: _Known, channels: tuple[str, ...], now_ns: int) -> float | None:
    """SD of ln(gain right / gain left), or None where the ratio is not known, or no longer."""
    both = [(left.gains.get(channel), right.gains.get(channel)) for channel in channels]
    sds: list[float] = []
    for one, other in both:
        if one is None or other is None or not (_is_fresh(one, now_ns) and _is_fresh(other, now_ns)):
            return None
        if "swap" in (one.calibration.kind, other.calibration.kind):
            if one.calibration is not other.calibration:
                return None  # the one gain was measured against another partner
            sds.append(one.calibration.ln_gain_sd)
        else:
            sds.append(math.hypot(one.sd, other.sd))
    return max(sds) if sds and all(map(math.isfinite, sds)) else None


def _zero_error_n(left: _Known, right: _Known, daily_n: float, now_ns: int, hold_s: float) -> float | None:
    zeros = [known.zeros.get(FORCE) for known in (left, right)]
    errors: list[float] = []
    for zero in zeros:
        if zero is None or not math.isfinite(zero.sd):
            return None
        days = zero.calibration.age_days(now_ns) + hold_s / _DAY_S
        if days >= 1.0 or not math.isfinite(daily_n):
            return None
        errors.append(math.hypot(zero.sd, daily_n * days))
    return max(errors)


def _is_fresh(found: _Found, now_ns: int) -> bool:
    return found.calibration.age_days(now_ns) <= FRESH_DAYS
