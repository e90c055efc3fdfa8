"""Bluetooth without a radio: for the tests of whoever writes a codec or an application, and for ``demo --ble``.

``world`` opens a room with one adapter on a Bumble stack, with connection intervals, losses and supervision timeouts
(``RadioModel``). Sensors are models without a radio (``evenside.testing.emulators``); ``World.add`` puts one on the
air. bleak talks to them by the backends of the world::

    async with world(RadioModel(interval_s=0.03, loss=0.2)) as room:
        sensor = await room.add(TindeqEmulator(lambda at_s: [100.0]))
        devices = await BleakScanner.discover(timeout=1.0, backend=room.scanner)

Needs the extra ``testing`` (``pip install "evenside[testing]"``). What this never does: touch a real adapter.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from evenside.errors import ConfigError

if TYPE_CHECKING:
    from evenside.testing.air import Air, RadioModel
    from evenside.testing.peripheral import Peripheral
    from evenside.testing.room import World, world

__all__ = ["Air", "Peripheral", "RadioModel", "TestKitError", "World", "world"]

_HOMES = {"Air": "air", "RadioModel": "air", "Peripheral": "peripheral", "World": "room", "world": "room"}


class TestKitError(ConfigError):
    """Something that the test kit needs is not installed."""

    __test__ = False


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    try:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "bumble":
            raise
        raise TestKitError(
            "Bluetooth without a radio needs bumble, which is not installed", mend='pip install "evenside[testing]"'
        ) from error
