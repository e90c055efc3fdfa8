"""Sensors of other makers in software, byte for byte as their documents say: for tests, and for demos without a radio.

Each is a model without a radio (``model.Emulated``); whoever has a Bluetooth stack puts it on the air.
"""

from __future__ import annotations

from evenside.testing.emulators.cycling_power import PedalsEmulator
from evenside.testing.emulators.evenside_node import NodeEmulator, NodeMake, NodeSignal
from evenside.testing.emulators.model import Characteristic, Emulated, Note, Service, Signal
from evenside.testing.emulators.movella_dot import DotEmulator
from evenside.testing.emulators.nordic_uart import LinesEmulator
from evenside.testing.emulators.polar_pmd import PolarEmulator
from evenside.testing.emulators.tindeq_progressor import TindeqEmulator
from evenside.testing.emulators.witmotion import WitMotionEmulator

__all__ = [
    "Characteristic",
    "DotEmulator",
    "Emulated",
    "LinesEmulator",
    "NodeEmulator",
    "NodeMake",
    "NodeSignal",
    "Note",
    "PedalsEmulator",
    "PolarEmulator",
    "Service",
    "Signal",
    "TindeqEmulator",
    "WitMotionEmulator",
]
