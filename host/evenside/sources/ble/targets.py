"""Which devices a source has to hold, and whether what advertises is one of them.

Every device is named by its serial number: a radio hears the neighbours' sensors too, and a side must never follow from
who answered first. The number is that of the Device Information service, else the advertised name, else the address; a
name or an address that stands in evenside.toml is taken at once, any other device of the right kind has to be asked
(``probe``). What this never does: accept a device that nobody configured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from evenside.devices import EVENSIDE, Advert, DeviceKind, Identity, kind_named, known_kinds, recognise
from evenside.errors import SourceError
from evenside.sources import SourceRequest
from evenside.sources.ble.scanner import Sighting
from evenside.wire import GATT_SERVICE
from evenside_analysis.types import Node

__all__ = ["Fit", "Target", "fit", "is_target", "kind_of", "targets_of"]

NAME_PREFIX = "evenside-"


class Fit(Enum):
    NO = auto()
    PROBE = auto()  # it may be: only a connection tells
    YES = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """One device. ``device``: its kind as configured, "" where it shows by itself."""

    serial: str
    nodes: tuple[Node, ...]
    device: str = ""

    @property
    def words(self) -> str:
        """For a person."""
        return f"the device {self.serial} of {' and '.join(node.id for node in self.nodes)}"


def targets_of(request: SourceRequest) -> list[Target]:
    """The devices of a request, each with the node or nodes that it plays.

    Raises:
        SourceError: a node names no serial number, its kind is unknown or does not measure what is configured, or two
            nodes share a device that measures one side only.
    """
    nodes: dict[str, list[Node]] = {}
    kinds: dict[str, set[str]] = {}
    for node in request.nodes:
        serial = request.serials.get(node.id, "")
        if not serial:
            raise SourceError(
                f"node {node.id} on ble:// names no device",
                mend="give it the serial number, name or address of its sensor: `evenside scan` prints it",
            )
        nodes.setdefault(serial, []).append(node)
        kinds.setdefault(serial, set()).add(request.devices.get(node.id, ""))
    found = []
    for serial, playing in nodes.items():
        names = sorted(kinds[serial])
        if len(names) > 1:
            raise SourceError(
                f"device {serial} is of two kinds: {', '.join(map(repr, names))}", mend="name one of them"
            )
        _check(serial, playing, names[0])
        found.append(Target(serial, tuple(playing), names[0]))
    return found


def _check(serial: str, nodes: list[Node], device: str) -> None:
    kind = kind_named(device)
    if device and device != EVENSIDE and kind is None:
        known = ", ".join([EVENSIDE, *(kind.id for kind in known_kinds())])
        raise SourceError(f'no kind of device is called "{device}"', mend=f"use one of {known}")
    if len(nodes) > 1 and (kind is None or not kind.both_sides):
        names = ", ".join(node.id for node in nodes)
        raise SourceError(
            f"device {serial} cannot be {names} at once",
            mend="give each node its own serial number; where one device measures both sides, name its kind with "
            "`device` in both nodes",
        )
    if kind is not None:
        check_channels(kind, nodes)


def check_channels(kind: DeviceKind, nodes: list[Node]) -> None:
    """Raises SourceError unless the device measures what the configuration wants."""
    for node in nodes:
        missing = [channel for channel in node.channels if channel not in kind.channels]
        if missing:
            raise SourceError(
                f"node {node.id}: a {kind.name} does not measure {', '.join(missing)}",
                mend=f"its channels are {', '.join(kind.channels)}",
            )


def kind_of(target: Target, advert: Advert) -> DeviceKind | None:
    """The kind whose codec speaks with this device; None for one of our own nodes, and for strangers."""
    if target.device:
        return kind_named(target.device)
    return None if GATT_SERVICE in advert.services else _recognised(advert)


def fit(target: Target, sighting: Sighting, known: Mapping[str, str]) -> Fit:
    """Whether to connect. ``known``: serial numbers that devices proved to have, by address."""
    advert, address = sighting.advert, sighting.address
    if address.casefold() == target.serial.casefold():
        return Fit.YES
    if address in known:
        return Fit.YES if known[address] == target.serial else Fit.NO
    if GATT_SERVICE in advert.services or advert.name.startswith(NAME_PREFIX):
        return _fit_of_ours(target, advert)
    if target.device == EVENSIDE:
        return Fit.NO
    if advert.name and advert.name == target.serial:
        return Fit.YES if target.device or _recognised(advert) else Fit.NO
    return Fit.PROBE if _looks_like(target, advert) else Fit.NO


def _fit_of_ours(target: Target, advert: Advert) -> Fit:
    if target.device not in ("", EVENSIDE):
        return Fit.NO
    whole = NAME_PREFIX + target.serial
    if advert.name == whole:
        return Fit.YES
    # A long name may be cut off in an advertisement, and some systems tell none at all.
    return Fit.PROBE if whole.startswith(advert.name) or not advert.name.startswith(NAME_PREFIX) else Fit.NO


def is_target(target: Target, identity: Identity, advert: Advert, address: str) -> bool:
    """Whether a connected device is the one, by everything that may name it."""
    names = (identity.serial, advert.name, address)
    return target.serial.casefold() in {name.casefold() for name in names if name}


def _looks_like(target: Target, advert: Advert) -> bool:
    """Several kinds may advertise alike, as those that read the same pedals in different ways."""
    if not target.device:
        return _recognised(advert) is not None
    kind = kind_named(target.device)
    return kind is not None and kind.recognises(advert)


def _recognised(advert: Advert) -> DeviceKind | None:
    try:
        return recognise(advert)
    except Exception:  # a kind may come from anybody, and must not stop the scan for all others
        return None
