"""Sensors that are reached over Bluetooth, of any maker: one file each, a description and a codec that does no I/O.

A ``DeviceKind`` says how an advertisement of such a device looks, what it measures, how well its times are known, and
holds a codec: ``start(nodes)`` gives a state, ``step(state, event)`` the next state with what is to be done (subscribe,
read, write) and what was found (samples, battery, words). Whoever owns the radio carries that out in order. So a codec
is tested with bytes alone, and a new maker is one new file in this folder, or a package with an entry point in
the group ``evenside.devices``; ``fitting`` and ``ticks`` are there for all of them. A sensor that writes lines of
numbers needs no code, but a layout (``line_layout``). What a codec never does: wait, read a clock, raise because of
what a device sent, or take an unknown side for left.
"""

from __future__ import annotations

from evenside.devices.kind import (
    EVENSIDE,
    Advert,
    Closing,
    Codec,
    DeviceKind,
    Doing,
    Event,
    Found,
    Heard,
    Hopeless,
    Identity,
    Level,
    Opened,
    Read,
    Said,
    Samples,
    SerialAt,
    Started,
    Subscribe,
    Ticked,
    Timing,
    WasRead,
    Wish,
    Write,
    uuid16,
)
from evenside.devices.known import LAYOUT_SUFFIX, kind_named, known_kinds, recognise

__all__ = [
    "EVENSIDE",
    "LAYOUT_SUFFIX",
    "Advert",
    "Closing",
    "Codec",
    "DeviceKind",
    "Doing",
    "Event",
    "Found",
    "Heard",
    "Hopeless",
    "Identity",
    "Level",
    "Opened",
    "Read",
    "Said",
    "Samples",
    "SerialAt",
    "Started",
    "Subscribe",
    "Ticked",
    "Timing",
    "WasRead",
    "Wish",
    "Write",
    "kind_named",
    "known_kinds",
    "recognise",
    "uuid16",
]
