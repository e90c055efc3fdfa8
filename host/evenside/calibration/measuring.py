"""From readings of sensors that were left alone to calibrations, or to what was wrong and the mend. Pure."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from evenside.errors import CalibrationError
from evenside_analysis.calibration import CalibratedDevice, Calibration, CalibrationKind, WornDevice
from evenside_analysis.calibration_readings import (
    Fault,
    Reading,
    accelerometer_fit,
    load_channel,
    loaded_fault,
    rest_fault,
    scale_fit,
    unloaded_fault,
)
from evenside_analysis.types import ACC, FORCE, GRAVITY_M_S2, GYR, Floats, Site

__all__ = [
    "POSITIONS",
    "SCALE_S",
    "STATIC_S",
    "TARE_S",
    "Made",
    "calibration_id",
    "check",
    "problem",
    "scale_calibrations",
    "static_calibrations",
    "tare_calibrations",
]

TARE_S, SCALE_S, STATIC_S = 5.0, 8.0, 10.0
POSITIONS = 6

# Unit of a channel, and a size of unrest that is much for it.
_USUAL = {**dict.fromkeys(ACC, ("m/s²", 0.2)), **dict.fromkeys(GYR, ("rad/s", 0.03))}
_RESIDUAL_SHARE = 0.02  # of the largest load: a cell that bends more is not one whose gain is a number


@dataclass(frozen=True, slots=True)
class Made:
    """By whom it is worn, and when it was measured (UTC)."""

    wearer: str
    made_ns: int


def calibration_id(kind: CalibrationKind, site: Site, made_ns: int) -> str:
    """Sorts by time, tells what it is, and no other one has it."""
    moment = datetime.fromtimestamp(made_ns // 1_000_000_000, UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{kind}-{site}-{secrets.token_hex(2)}"


def check(kind: CalibrationKind, reading: Reading, load_n: float, span_s: float) -> Fault:
    """Whether a reading was taken as this kind needs it; ``span_s`` is how long it should be."""
    if kind == "static":
        return rest_fault(reading, span_s)
    # Dead weights find a zero wherever it is: a tare sends whoever is far off here.
    return unloaded_fault(reading, span_s) if kind == "tare" else loaded_fault(reading, load_n, span_s)


def problem(kind: CalibrationKind, fault: Fault, reading: Reading) -> CalibrationError:
    """What was wrong with it, in words, and what to do."""
    node, site = reading.node.id, reading.node.site
    again = "leave it alone on something firm, and measure once more"
    match fault:
        case "short":
            return CalibrationError(
                f"{node}: only {reading.n} samples in {reading.span_s:.1f} s were heard",
                mend="look at its link and battery, hold it nearer, and measure once more",
            )
        case "moving":
            return CalibrationError(f"{node} was not still: it varied by {_largest(reading, reading.sd)}", mend=again)
        case "drifting":
            return CalibrationError(
                f"{node} drifted by {_largest(reading, np.abs(reading.drift))}",
                mend="let it warm up for five minutes, with the load still on it, and measure once more",
            )
        case "loaded":
            return CalibrationError(
                f"{node} reads {reading.of(FORCE):.1f} N: that is no empty {site}",
                mend="take everything off it; if it is empty, its zero is far off: evenside calibrate scale",
            )
        case "turning":
            rates = ", ".join(f"{math.degrees(reading.of(name)):.1f}" for name in GYR if name in reading.node.channels)
            return CalibrationError(
                f"{node} reads rotations of {rates} °/s at rest",
                mend="was it being turned? If not, its gyroscope is broken, or its scale is wrong in evenside.toml",
            )
        case "gravity":
            return CalibrationError(
                f"{node} reads {_rest_m_s2(reading):.2f} m/s² at rest, where gravity is {GRAVITY_M_S2:.2f}",
                mend="lay it down; if it lay there, its accelerometer is broken, or `gravity` or its scale is wrong "
                "in evenside.toml",
            )
    return CalibrationError(f"{node}: no {kind} can be made of this", mend=again)


def tare_calibrations(
    worn: Sequence[WornDevice], readings: Mapping[str, Reading], made: Made
) -> tuple[Calibration, ...]:
    """The zero of each force sensor, by site."""
    devices = {
        one.node.id: CalibratedDevice(
            one.node.id,
            (FORCE,),
            zero=(readings[one.node.id].of(FORCE),),
            serial=one.serial,
            zero_sd=float(readings[one.node.id].sem[one.node.channels.index(FORCE)]),
        )
        for one in worn
    }
    words = {node: f"{node} reads {device.zero[0]:.2f} N empty" for node, device in devices.items()}
    return _by_site("tare", worn, devices, words, made)


def scale_calibrations(
    worn: Sequence[WornDevice], loads_n: Sequence[float], readings: Mapping[str, Sequence[Reading]], made: Made
) -> tuple[Calibration, ...]:
    """Gain and zero of each sensor from its readings under ``loads_n``, by site.

    Raises:
        CalibrationError: the readings do not follow the loads.
    """
    devices, words = dict[str, CalibratedDevice](), dict[str, str]()
    for one in worn:
        node = one.node.id
        try:
            fit = scale_fit(loads_n, readings[node])
        except ValueError as error:
            raise CalibrationError(f"{node}: {error}", mend="put the weight on this very sensor") from error
        if fit.residual_n > _RESIDUAL_SHARE * max(loads_n):
            raise CalibrationError(
                f"{node} is not straight: it misses the loads by up to {fit.residual_n:.1f} N",
                mend="set the weight in its middle, on a level and firm floor; use loads as they occur in use",
            )
        if not 0.5 < fit.gain < 2.0:
            raise CalibrationError(
                f"{node} would need a gain of {fit.gain:.2f}",
                mend="is --weight right, and was it on this very sensor? Else set its scale in evenside.toml",
            )
        channel = load_channel(one.node)
        devices[node] = CalibratedDevice(
            node, (channel,), (fit.gain,), (fit.zero,), one.serial, fit.ln_gain_sd, fit.zero_sd
        )
        words[node] = f"{node} gain {fit.gain:.4f} (± {196.0 * fit.ln_gain_sd:.1f} %), reads {fit.zero:.2f} N empty"
    return _by_site("scale", worn, devices, words, made)


def static_calibrations(
    worn: Sequence[WornDevice], readings: Mapping[str, Sequence[Reading]], made: Made
) -> tuple[Calibration, ...]:
    """Bias of each gyroscope; of an accelerometer gain and bias where it lay in six positions or more, by site.

    In fewer a wrong gain and a bias cannot be told apart, so nothing is corrected; what it reads at rest is told.

    Raises:
        CalibrationError: the positions tell no gain.
    """
    devices, words = dict[str, CalibratedDevice](), dict[str, str]()
    for one in worn:
        found = readings[one.node.id]
        device, said = _static(one, found)
        devices[one.node.id], words[one.node.id] = device, f"{one.node.id} {said}"
    return _by_site("static", worn, devices, words, made)


def _static(one: WornDevice, found: Sequence[Reading]) -> tuple[CalibratedDevice, str]:
    node = one.node
    gyr = tuple(channel for channel in GYR if channel in node.channels)
    bias = tuple(float(np.mean([reading.of(channel) for reading in found])) for channel in gyr)
    sems = [float(reading.sem[node.channels.index(channel)]) for reading in found for channel in gyr]
    off = f"off by {', '.join(f'{math.degrees(rate):.2f}' for rate in bias)} °/s" if gyr else ""
    if len(found) >= POSITIONS and node.gravity and node.columns(ACC):
        try:
            fit = accelerometer_fit(np.array([[reading.of(channel) for channel in ACC] for reading in found]))
        except ValueError as error:
            raise CalibrationError(f"{node.id}: {error}", mend="lay it on each of its six faces in turn") from error
        device = CalibratedDevice(
            node.id,
            (*ACC, *gyr),
            (*fit.gain, *(1.0 for _ in gyr)),
            (*fit.zero, *bias),
            one.serial,
            fit.ln_gain_sd,
            max([fit.zero_sd_m_s2, *sems]),
        )
        gains = ", ".join(f"{gain:.4f}" for gain in fit.gain)
        zeros = ", ".join(f"{zero:.2f}" for zero in fit.zero)
        return device, ", and ".join(filter(None, [off, f"needs acceleration gains {gains}, off by {zeros} m/s²"]))
    if not gyr:
        raise CalibrationError(
            f"{node.id} has no gyroscope, and one position tells nothing of an accelerometer",
            mend=f"lay it on each of its faces: --positions {POSITIONS}",
        )
    rest = ""
    if node.gravity and node.columns(ACC):
        rest = f", and reads {_rest_m_s2(found[0]):.2f} m/s² at rest, where gravity is {GRAVITY_M_S2:.2f}"
    return CalibratedDevice(node.id, gyr, zero=bias, serial=one.serial, zero_sd=max(sems)), off + rest


def _by_site(
    kind: CalibrationKind,
    worn: Sequence[WornDevice],
    devices: Mapping[str, CalibratedDevice],
    words: Mapping[str, str],
    made: Made,
) -> tuple[Calibration, ...]:
    sites = dict.fromkeys(one.node.site for one in worn)
    return tuple(
        Calibration(
            calibration_id(kind, site, made.made_ns),
            kind,
            site,
            made.wearer,
            made.made_ns,
            tuple(devices[one.node.id] for one in worn if one.node.site == site),
            words="; ".join(words[one.node.id] for one in worn if one.node.site == site),
        )
        for site in sites
    )


def _rest_m_s2(reading: Reading) -> float:
    return math.hypot(*(reading.of(channel) for channel in ACC))


def _largest(reading: Reading, values: Floats) -> str:
    """The channel that varied most for its kind, with its unit."""
    usual = [_USUAL.get(channel, ("N" if channel == FORCE else "W", 5.0)) for channel in reading.node.channels]
    place = int(np.argmax([float(value) / size for value, (_, size) in zip(values, usual, strict=True)]))
    return f"{float(values[place]):.3g} {usual[place][0]} ({reading.node.channels[place]})"
