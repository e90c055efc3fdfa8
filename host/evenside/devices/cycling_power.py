"""Cycling Power meters with a balance: the power of each leg, of any maker who keeps to the standard.

Strategy: a meter with a balance plays both sides; where it says that the share is the left one's, that is believed.
Where it does not, no side is given, and the person may say which it is by the kind of device: the two
``cycling-power-percent-…``. Below 30 W a balance is noise. What this never does: take an unknown share for the left's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from evenside.devices.cycling_power_frames import FEATURE, MEASUREMENT, SERVICE, measurement
from evenside.devices.fitting import unfit
from evenside.devices.kind import (
    Advert,
    DeviceKind,
    Doing,
    Event,
    Heard,
    Hopeless,
    Opened,
    Read,
    Said,
    Samples,
    Started,
    Subscribe,
    Timing,
    WasRead,
)
from evenside_analysis.types import POWER, Node

__all__ = ["KINDS", "BalanceCodec"]

MINIMUM_W = 30
_WHAT = "power meter"
_UNKNOWN_SIDE = (
    "the meter does not say whose share its balance is, no side is given: pedal with the left leg alone; if its app "
    'then shows a share near 100 %, write device = "cycling-power-percent-left" for these nodes in evenside.toml, '
    'if near 0 %, "cycling-power-percent-right"'
)
_NO_BALANCE = (
    "this meter measures no balance of left and right: use pedals that do, or two meters of one side each with "
    'device = "cycling-power-single" in evenside.toml'
)


@dataclass(frozen=True, slots=True)
class _Balance:
    nodes: tuple[Node, ...]
    started: bool = False
    doubtful: bool = False  # told that no side is known


@dataclass(frozen=True, slots=True)
class BalanceCodec:
    """Both nodes of one meter, channel ``power``. ``share_of``: whose the balance is where the meter does not say."""

    share_of: Literal["left", "right", "unknown"] = "unknown"

    def start(self, nodes: tuple[Node, ...], /) -> _Balance:
        return _Balance(nodes)

    def step(self, state: _Balance, event: Event, /) -> tuple[_Balance, list[Doing]]:
        match event:
            case Opened():
                if (problem := unfit(state.nodes, _WHAT, (POWER,), most=2)) is not None:
                    return state, [problem]
                if centre := [node.id for node in state.nodes if node.side == "centre"]:
                    return state, [Hopeless(f"node {centre[0]} has no side: write left or right in evenside.toml")]
                asked: list[Doing] = [Read(FEATURE)] if FEATURE in event.characteristics else []
                return _Balance(state.nodes), [*asked, Subscribe(MEASUREMENT)]
            case WasRead(uuid=uuid) if uuid == FEATURE:
                return state, [Hopeless(_NO_BALANCE)] if len(event.data) >= 4 and not event.data[0] & 1 else []
            case Heard(uuid=uuid) if uuid == MEASUREMENT:
                return self._measured(state, event)
            case _:
                return state, []

    def _measured(self, state: _Balance, event: Heard) -> tuple[_Balance, list[Doing]]:
        said = measurement(event.data)
        if said is None:
            return state, []
        share_of = "left" if said.of_left else self.share_of
        doings: list[Doing] = [] if state.started else [Started()]
        doubtful = said.share is not None and share_of == "unknown"
        if doubtful and not state.doubtful:
            doings.append(Said("event", _UNKNOWN_SIDE))
        for node in state.nodes:
            value = np.nan
            if said.share is not None and not doubtful and said.power_w >= MINIMUM_W:
                value = said.power_w * (said.share if node.side == share_of else 1.0 - said.share)
            doings.append(Samples(node.id, np.array([[value]]), event.at_s))
        return replace(state, started=True, doubtful=state.doubtful or doubtful), doings


def _recognises(advert: Advert) -> bool:
    return SERVICE in advert.services


def _kind(name: str, words: str, codec: BalanceCodec, notes: str) -> DeviceKind:
    return DeviceKind(
        id=name,
        name=words,
        recognises=_recognises,
        channels=(POWER,),
        sites=("pedal",),
        rates_hz=(),
        timing=Timing("arrival", 0.5),
        codec=codec,
        both_sides=True,
        silence_s=10.0,
        usual_rate_hz=1.0,
        notes=notes,
    )


# All look the same from outside; the first one is what is taken where the configuration names none.
KINDS = (
    _kind(
        "cycling-power",
        "Cycling Power pedals with a balance",
        BalanceCodec(),
        "One device, two nodes with the same serial; set rate_hz = 1. Below 30 W nothing is compared.",
    ),
    _kind(
        "cycling-power-percent-left",
        "Cycling Power pedals whose balance is the share of the left leg",
        BalanceCodec("left"),
        "For meters that do not say whose share their balance is, once you have tried it out.",
    ),
    _kind(
        "cycling-power-percent-right",
        "Cycling Power pedals whose balance is the share of the right leg",
        BalanceCodec("right"),
        "For meters that do not say whose share their balance is, once you have tried it out.",
    ),
)
