"""One device of the Linux input layer: found by its name, read without waiting, its clock set to that of the session.

What this never does: decode an event.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

__all__ = ["EvdevDevice", "InputDevice", "find_input_device"]

_SYSTEM = Path("/sys/class/input")
_READ_BYTES = 24 * 256
# include/uapi/linux/input.h: _IOW('E', 0xa0, int), _IOR('E', 0x40 + axis, struct input_absinfo)
_SET_CLOCK = 1 << 30 | 4 << 16 | ord("E") << 8 | 0xA0
_ABSINFO_BYTES = 24
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class InputDevice(Protocol):
    """**Protocol:** what ``evdev://`` needs of a device."""

    words: str  # for a person
    serial: str  # "" where it has none

    def fileno(self) -> int: ...

    def read(self) -> bytes:
        """What has come, nothing if nothing has. Raises OSError once the device is gone."""

    def axis(self, number: int) -> bytes:
        """The ``struct input_absinfo`` of an axis. Raises OSError."""

    def clock_us(self) -> int:
        """Now, on the clock that stamps its events."""

    def close(self) -> None: ...


class EvdevDevice:
    """``/dev/input/eventN``. Raises OSError where it cannot be opened or is no input device."""

    def __init__(self, path: Path) -> None:
        self.words, self.serial = f"{_told(path, 'name') or 'input device'} at {path}", _told(path, "uniq")
        self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(self._file, _SET_CLOCK, struct.pack("@i", _CLOCK))
        except OSError:
            os.close(self._file)
            raise

    def fileno(self) -> int:
        return self._file

    def read(self) -> bytes:
        try:
            data = os.read(self._file, _READ_BYTES)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError("the device ended")
        return data

    def axis(self, number: int) -> bytes:
        request = 2 << 30 | _ABSINFO_BYTES << 16 | ord("E") << 8 | (0x40 + number)
        return fcntl.ioctl(self._file, request, bytes(_ABSINFO_BYTES))

    def clock_us(self) -> int:
        return time.clock_gettime_ns(_CLOCK) // 1000

    def close(self) -> None:
        os.close(self._file)


def find_input_device(target: str, name: str, serial: str, *, system: Path = _SYSTEM) -> Path | None:
    """The path ``target``, or where it is "" the first device of that name, and serial unless that is "".

    None while there is no such device.
    """
    if target:
        return Path(target) if Path(target).exists() else None
    return next(_named(system, name, serial), None)


def _named(system: Path, name: str, serial: str) -> Iterator[Path]:
    for found in sorted(system.glob("event*"), key=lambda path: int(path.name.removeprefix("event") or 0)):
        if _line(found / "device" / "name") == name and serial.casefold() in ("", _line(found / "device" / "uniq")):
            yield Path("/dev/input") / found.name


def _told(path: Path, what: str) -> str:
    return _line(_SYSTEM / path.name / "device" / what)


def _line(path: Path) -> str:
    try:
        text = path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
    return text if path.name == "name" else text.casefold()
