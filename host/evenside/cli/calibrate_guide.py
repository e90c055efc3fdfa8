"""The guided part of a calibration: what to do, a countdown, whether it is still, and once more where it was not.

On a terminal each step begins when a key is pressed, and a step that went wrong may be repeated. Elsewhere the moments
are given beforehand (``at_s``), and what goes wrong is an error.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from evenside.calibration.listening import Listening, listening
from evenside.calibration.measuring import check, problem
from evenside.cli.live_keys import Keys
from evenside.config import NodeConfig
from evenside.errors import CalibrationError, ConfigError
from evenside_analysis.calibration import CalibrationKind
from evenside_analysis.calibration_readings import Reading, load_channel
from evenside_analysis.types import FORCE, POWER

__all__ = ["Step", "key_pressed", "measured"]


@dataclass(frozen=True, slots=True)
class Step:
    """``words``: what is to be done with the nodes. Then ``settle_s`` are let pass, and ``span_s`` measured."""

    words: str
    nodes: tuple[str, ...]
    settle_s: float
    span_s: float
    load_n: float = 0.0


def measured(
    kind: CalibrationKind, nodes: Sequence[NodeConfig], steps: Sequence[Step], at_s: Sequence[float]
) -> list[dict[str, Reading]]:
    """The readings of every step, each checked. ``at_s``: session seconds at which they begin, by step.

    Raises:
        ConfigError: there is no terminal, and the moments are not given.
        CalibrationError: a reading cannot be used.
        SourceError: a sensor is not heard.
    """
    asks = not at_s and sys.stdin.isatty()
    if at_s and len(at_s) != len(steps):
        raise ConfigError(
            f"{len(at_s)} moments for {len(steps)} steps: {'; '.join(step.words for step in steps)}",
            mend="give one --at for each step, in this order",
        )
    if not asks and not at_s and len(steps) > 1:
        raise ConfigError(
            "there is no terminal with a key to begin a step with",
            mend=f"say at which second each of the {len(steps)} steps begins, as --at 5 --at 20",
        )
    return asyncio.run(_measured(kind, nodes, steps, at_s, asks=asks))


async def _measured(
    kind: CalibrationKind, nodes: Sequence[NodeConfig], steps: Sequence[Step], at_s: Sequence[float], *, asks: bool
) -> list[dict[str, Reading]]:
    found: list[dict[str, Reading]] = []
    async with listening(nodes) as heard:
        for place, step in enumerate(steps):
            begin_s = at_s[place] if at_s else None
            if len(steps) > 1 or asks:
                click.echo(f"{place + 1} of {len(steps)}: {step.words}", err=True)
            found.append(await _one(kind, heard, step, begin_s, asks=asks))
    return found


async def _one(
    kind: CalibrationKind, heard: Listening, step: Step, begin_s: float | None, *, asks: bool
) -> dict[str, Reading]:
    while True:
        if asks:
            click.echo("   Enter begins, q gives up", err=True)
            await heard.idle(key_pressed())
        line = _Line(kind, step)
        readings = await heard.stretch(step.nodes, step.settle_s, step.span_s, at_s=begin_s, watch=line.show)
        line.clear()
        wrong = _wrong(kind, step, readings)
        if wrong is None:
            return readings
        if not asks:
            raise wrong
        click.echo(f"   {wrong}", err=True)


def _wrong(kind: CalibrationKind, step: Step, readings: Mapping[str, Reading]) -> CalibrationError | None:
    for reading in readings.values():
        fault = check(kind, reading, step.load_n, step.span_s)
        if fault:
            return problem(kind, fault, reading)
    return None


async def key_pressed() -> None:
    """Until Enter or space is pressed. Raises Abort for q."""
    pressed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def take(key: str) -> None:
        if key in "\n\r q" and not pressed.done():
            pressed.set_result(key)

    keys = Keys(take)
    try:
        keys.begin()
        if await pressed == "q":
            raise click.Abort
    finally:
        keys.end()


class _Line:
    """One line on the terminal that is written anew: a countdown, then what is read and whether it is still."""

    def __init__(self, kind: CalibrationKind, step: Step) -> None:
        self._kind, self._step = kind, step
        self._shown = sys.stderr.isatty()

    def show(self, done_s: float, readings: Mapping[str, Reading]) -> None:
        if not self._shown:
            return
        if done_s < 0.0:
            words = f"hands off: {math.ceil(-done_s)}"
        else:
            nodes = " · ".join(self._node(reading) for reading in readings.values())
            words = f"{min(done_s, self._step.span_s):4.1f} of {self._step.span_s:g} s · {nodes}"
        click.echo(f"\r\x1b[K   {words}", err=True, nl=False)

    def clear(self) -> None:
        if self._shown:
            click.echo("\r\x1b[K", err=True, nl=False)

    def _node(self, reading: Reading) -> str:
        if not reading.span_s:
            return f"{reading.node.id} –"
        state = check(self._kind, reading, self._step.load_n, 0.0) or "still"
        if not {FORCE, POWER} & set(reading.node.channels):
            return f"{reading.node.id} {state}"
        channel = load_channel(reading.node)
        return f"{reading.node.id} {reading.of(channel):.1f} {'N' if channel == FORCE else 'W'} {state}"
