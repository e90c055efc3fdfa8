"""What goes wrong on a Bluetooth link, as few kinds of error, and the words for what bleak raises."""

from __future__ import annotations

from bleak.exc import BleakBluetoothNotAvailableError

__all__ = ["LinkLostError", "RefusedError", "StrangerError", "words_of"]


class LinkLostError(Exception):
    """The connection is over, or of no use any more; another one may be made."""


class StrangerError(Exception):
    """The device is not the one that was looked for. ``serial``: who it is, "" where it does not say."""

    def __init__(self, serial: str) -> None:
        super().__init__(f"it is the device {serial or 'without a serial number'}")
        self.serial = serial


class RefusedError(Exception):
    """The device cannot be what the configuration says; the words carry the mend."""


def words_of(error: BaseException) -> str:
    """One line for a person."""
    if isinstance(error, BleakBluetoothNotAvailableError):
        return str(error.args[0])
    if isinstance(error, TimeoutError):
        return str(error) or "it took too long"
    return " ".join(str(error).split()) or type(error).__name__
