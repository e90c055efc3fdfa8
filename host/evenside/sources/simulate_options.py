"""What a ``simulate://`` URL says: the script, how uneven it is, and everything that is imperfect about the sensors.

``simulate://?script=demo&speed=4&seed=1&stance_ai=5``. Each option has a default; a number out of range, an unknown
option and two that contradict each other are refused. Clocks of left nodes read 100 s when the session begins, and run
``drift_ppm`` fast; those of right nodes read ``offset_ms`` more, and run as much slow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from evenside.errors import SourceError
from evenside.simulator import (
    DEMO_ASYMMETRY,
    EVEN,
    SCRIPTS,
    Asymmetry,
    Device,
    Loss,
    Oscillator,
    Sensor,
    Variability,
    Wearer,
    check_node,
    day_wearer,
)
from evenside.sources import SourceUrl
from evenside_analysis.types import Node

__all__ = ["AS_FAST_AS_TAKEN", "SimulateOptions", "devices_of", "simulate_options"]

AS_FAST_AS_TAKEN = math.inf
SHOWN_EVERY_S = 0.25  # of real time: how often a live display gets something new
SPAN_MAX_S = 10.0  # of session time, however fast
BOOTED_S = 100.0  # before the session begins

_ASYMMETRIES = {
    "stance_ai": "stance_time",
    "swing_ai": "swing_time",
    "step_ai": "step_time",
    "load_ai": "load_share",
    "peak_ai": "peak_force",
    "strap_ai": "strap",
}
_TIED = (("stance_ai", "swing_ai"), ("load_ai", "peak_ai"))
# Name: lowest, highest.
_NUMBERS = {
    **dict.fromkeys(_ASYMMETRIES, (-100.0, 100.0)),
    "seed": (0.0, 2.0**53),
    "seconds": (0.5, 1e9),
    "block_s": (0.01, 60.0),
    "weight_n": (200.0, 2000.0),
    "scatter": (0.0, 3.0),
    "phi": (-0.95, 0.95),
    "noise": (0.0, 100.0),
    "gain_right": (0.5, 2.0),
    "zero_right_n": (-100.0, 100.0),
    "loss": (0.0, 0.5),
    "burst_s": (0.01, 10.0),
    "outage_every_s": (2.0, 1e6),
    "outage_s": (1.0, 1e5),
    "drift_ppm": (-90.0, 90.0),
    "offset_ms": (-1e4, 1e4),
    "delay_ms": (0.0, 1000.0),
    "jitter_ms": (0.0, 1000.0),
}
WHOLE_DAY = "whole_day"
_WORDS = {"script": (*SCRIPTS, WHOLE_DAY), "repeat": ("yes", "no"), "clock": ("aligned", "shared")}
_KNOWN = (*_WORDS, "speed", *_NUMBERS)


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """``speed`` is session seconds a second. With ``shared`` all nodes sample on the session clock itself."""

    wearer: Wearer
    speed: float = 1.0
    seconds: float = math.inf
    block_s: float = SHOWN_EVERY_S
    shared: bool = False
    drift_ppm: float = 15.0
    offset_s: float = 0.0037
    delay_s: float = 0.0005
    jitter_s: float = 0.001
    loss: Loss = Loss()  # noqa: RUF009
    noise: float = 1.0
    gain_right: float = 1.0
    zero_right_n: float = 0.0


def simulate_options(url: SourceUrl) -> SimulateOptions:
    """What a URL says.

    Raises:
        SourceError: an option is unknown or cannot be, alone or with the others.
    """
    given = url.options
    if url.target:
        raise SourceError(
            f"{url.scheme}://{url.target}: the wearer has no address", mend="write simulate://?script=walk"
        )
    for name in given:
        if name not in _KNOWN:
            raise SourceError(f"option {name!r} of a simulated wearer", mend=f"use some of {', '.join(_KNOWN)}")
    words = {name: _word(given, name, choices) for name, choices in _WORDS.items()}
    numbers = {name: _number(given, name, *_NUMBERS[name]) for name in _NUMBERS if name in given}
    if words["clock"] == "shared" and numbers.keys() & {"drift_ppm", "offset_ms", "delay_ms", "jitter_ms"}:
        raise SourceError("clock=shared leaves nothing to drift or to arrive late", mend="leave out one of them")
    speed = _speed(given.get("speed", "1"))
    try:
        return SimulateOptions(
            wearer=_wearer(words["script"], words["repeat"] == "yes", numbers),
            speed=speed,
            seconds=numbers.get("seconds", math.inf),
            block_s=numbers.get("block_s", min(max(SHOWN_EVERY_S * speed, SHOWN_EVERY_S), SPAN_MAX_S)),
            shared=words["clock"] == "shared",
            drift_ppm=numbers.get("drift_ppm", 15.0),
            offset_s=numbers.get("offset_ms", 3.7) / 1e3,
            delay_s=numbers.get("delay_ms", 0.5) / 1e3,
            jitter_s=numbers.get("jitter_ms", 1.0) / 1e3,
            loss=_loss(numbers),
            noise=numbers.get("noise", 1.0),
            gain_right=numbers.get("gain_right", 1.0),
            zero_right_n=numbers.get("zero_right_n", 0.0),
        )
    except ValueError as error:
        raise SourceError(f"a simulated wearer: {error}", mend="change that option of the simulate:// URL") from None


def devices_of(options: SimulateOptions, nodes: tuple[Node, ...]) -> tuple[Device, ...]:
    """The nodes with the imperfections that the options give them; nodes on one clock share one oscillator.

    Raises:
        SourceError: there is no node, or one that the simulated wearer does not wear.
    """
    if not nodes:
        raise SourceError(
            "no node for a simulated wearer", mend="give it nodes at foot, insole, strap, wrist, thigh or trunk"
        )
    oscillators: dict[str, Oscillator] = {}
    devices = []
    for node in nodes:
        try:
            check_node(node)
        except ValueError as error:
            mend = "change site, side or channels of this node, or take it from another source"
            raise SourceError(f"a simulated wearer: {error}", mend=mend) from None
        own = _oscillator(options, node)
        oscillator = oscillators.setdefault(node.clock, own) if node.clock else own
        devices.append(Device(node, _sensor(options, node), oscillator, options.loss))
    return tuple(devices)


def _oscillator(options: SimulateOptions, node: Node) -> Oscillator:
    if options.shared:
        return Oscillator()
    if node.side == "left":
        return Oscillator(BOOTED_S, options.drift_ppm)
    return Oscillator(BOOTED_S + options.offset_s, -options.drift_ppm)


def _sensor(options: SimulateOptions, node: Node) -> Sensor:
    plain = Sensor()
    right = node.side == "right"
    return Sensor(
        gain=options.gain_right if right else 1.0,
        acc_noise_m_s2=plain.acc_noise_m_s2 * options.noise,
        gyr_noise_rad_s=plain.gyr_noise_rad_s * options.noise,
        force_noise_n=plain.force_noise_n * options.noise,
        force_zero_n=options.zero_right_n if right else 0.0,
    )


def _wearer(script: str, repeat: bool, numbers: Mapping[str, float]) -> Wearer:
    plain, scatter, seed = Variability(), numbers.get("scatter", 1.0), round(numbers.get("seed", 0.0))
    asymmetry = _asymmetry(DEMO_ASYMMETRY if script == "demo" else EVEN, numbers)
    whole = script == WHOLE_DAY
    wearer = day_wearer(seed, asymmetry=asymmetry) if whole else Wearer(SCRIPTS[script](asymmetry), seed)
    return replace(
        wearer,
        repeat=repeat,
        weight_n=numbers.get("weight_n", wearer.weight_n),
        variability=Variability(
            plain.step_time * scatter, plain.stance_time * scatter, plain.force * scatter, numbers.get("phi", plain.phi)
        ),
    )


def _asymmetry(default: Asymmetry, numbers: Mapping[str, float]) -> Asymmetry:
    """The default, with what is given in its place; who gives one of a tied pair does not want the other's default."""
    changes: dict[str, float | None] = {}
    for pair in _TIED:
        if numbers.keys() & set(pair):
            changes.update(dict.fromkeys(_ASYMMETRIES[name] for name in pair))
    changes.update({_ASYMMETRIES[name]: value for name, value in numbers.items() if name in _ASYMMETRIES})
    return replace(default, **changes)  # type: ignore[arg-type]


def _loss(numbers: Mapping[str, float]) -> Loss:
    every_s = numbers.get("outage_every_s", math.inf)
    outage_s = numbers.get("outage_s", min(10.0, every_s / 2.0))
    return Loss(numbers.get("loss", 0.0), numbers.get("burst_s", 0.08), every_s, outage_s)


def _word(given: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    default = {"repeat": "no"}.get(name, choices[0])
    word = given.get(name, default)
    if word not in choices:
        raise SourceError(f"{name}={word} of a simulated wearer", mend=f"{name} is one of {', '.join(choices)}")
    return word


def _speed(text: str) -> float:
    return AS_FAST_AS_TAKEN if text == "max" else _number({"speed": text}, "speed", 0.01, 10_000.0, " or max")


def _number(given: Mapping[str, str], name: str, low: float, high: float, other: str = "") -> float:
    try:
        value = float(given[name])
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        mend = f"write a number from {low:g} to {high:g}{other}"
        raise SourceError(f"{name}={given[name]} of a simulated wearer", mend=mend)
    return value
