"""A Wii Balance Board as the input layer of Linux would show it: its events through a pipe, its axes on request."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

__all__ = ["WiiBoardEmulator"]

_EVENT = struct.Struct("@llHHi")
_AXES = {"top_right": 0x10, "bottom_right": 0x11, "top_left": 0x12, "bottom_left": 0x13}
_SYN, _KEY, _ABS, _BUTTON = 0, 1, 3, 0x130


class WiiBoardEmulator:
    """An ``InputDevice`` of ``evdev://``. ``clock_us`` stamps its events; ``corners``, in kilograms, is what stands
    on it from the beginning."""

    def __init__(self, clock_us: Callable[[], int], *, serial: str = "00:1f:c5:00:00:01", **corners: float) -> None:
        self.words, self.serial, self.clock_us = "an emulated Wii Balance Board", serial, clock_us
        self._corners = {**dict.fromkeys(_AXES, 0.0), **corners}
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)

    # --- what a person does -------------------------------------------------------------------------------------------

    def stand(self, at_us: int, **corners: float) -> None:
        """The load of some corners from ``at_us`` on, by the clock of the board."""
        self._corners |= corners
        changes = [self._event(at_us, _ABS, _AXES[name], round(100 * kg)) for name, kg in corners.items()]
        os.write(self._writing, b"".join(changes) + self._event(at_us, _SYN, 0, 0))

    def press(self, at_us: int) -> None:
        """Its button."""
        events = (self._event(at_us, _KEY, _BUTTON, 1), self._event(at_us, _SYN, 0, 0))
        os.write(self._writing, b"".join(events))

    def unplug(self) -> None:
        """It is gone: whoever reads it finds that out."""
        os.close(self._writing)

    # --- what an input device is --------------------------------------------------------------------------------------

    def fileno(self) -> int:
        return self._reading

    def read(self) -> bytes:
        try:
            data = os.read(self._reading, 4096)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError("the board is gone")
        return data

    def axis(self, number: int) -> bytes:
        value = next(kg for name, kg in self._corners.items() if _AXES[name] == number)
        return struct.pack("@6i", round(100 * value), 0, 65535, 0, 0, 0)

    def close(self) -> None:
        os.close(self._reading)

    def _event(self, at_us: int, kind: int, code: int, value: int) -> bytes:
        return _EVENT.pack(*divmod(at_us, 1_000_000), kind, code, value)
