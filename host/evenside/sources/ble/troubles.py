"""What goes wrong on a Bluetooth link, as few kinds of error, and the words for what bleak raises."""

from __future__ import annotations

from bleak.exc import BleakBluetoothNotAvailableError, BleakGATTProtocolError, BleakGATTProtocolErrorCode

__all__ = ["LinkLostError", "RefusedError", "StrangerError", "asks_to_pair", "words_of"]

_UNPAIRED = {
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
}


class LinkLostError(Exception):
    """The connection is over, or of no use any more; another one may be made."""


class StrangerError(Exception):
    """The device is not the one that was looked for. ``serial``: who it is, "" where it does not say."""

    def __init__(self, serial: str) -> None:
        super().__init__(f"it is the device {serial or 'without a serial number'}")
        self.serial = serial


class RefusedError(Exception):
    """The device cannot be what the configuration says; the words carry the mend."""


def asks_to_pair(error: BaseException) -> bool:
    """Whether the device refused because it was not paired. Systems that pair by themselves never tell."""
    return isinstance(error, BleakGATTProtocolError) and error.args[0] in _UNPAIRED


def words_of(error: BaseException) -> str:
    """One line for a person."""
    if isinstance(error, BleakBluetoothNotAvailableError):
        return str(error.args[0])
    if isinstance(error, TimeoutError):
        return str(error) or "it took too long"
    return " ".join(str(error).split()) or type(error).__name__
