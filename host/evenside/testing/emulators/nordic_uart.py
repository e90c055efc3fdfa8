"""A board that writes lines over the Nordic UART service in pieces of 20 bytes, once it was told to.

It answers like an Espruino console: a prompt, and flow control in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from evenside.testing.emulators.model import Characteristic, Note, Service, Signal, sampled

__all__ = ["LinesEmulator"]

_SERVICE, _WRITE, _NOTIFY = (f"6e40000{number}-b5a3-f393-e0a9-e50e24dcca9e" for number in (1, 2, 3))
_PIECE = 20


class LinesEmulator:
    """``line``: the line of a sample, from its time in s by the board's clock and what was measured. ``starts``,
    ``stops``: what it must have been told, at the end of what it is told."""

    advertised: tuple[str, ...] = ()
    maker_data: Mapping[int, bytes] = {}
    services = (
        Service(
            _SERVICE,
            (Characteristic(_WRITE, ("write", "write-without-response")), Characteristic(_NOTIFY, ("notify",))),
        ),
    )

    def __init__(
        self,
        signal: Signal,
        line: Callable[[float, Sequence[float]], str],
        *,
        name: str,
        rate_hz: float,
        starts: str,
        stops: str,
        ppm: float = 0.0,
    ) -> None:
        self.name = name
        self.told = b""
        self._signal, self._line, self._rate_hz, self._rate = signal, line, rate_hz, 1.0 + 1e-6 * ppm
        self._starts, self._stops = starts.encode(), stops.encode()
        self._started_s: float | None = None
        self._next = 0

    def read(self, uuid: str) -> bytes:
        raise KeyError(uuid)

    def write(self, uuid: str, data: bytes, now_s: float) -> list[Note]:
        self.told += data
        if self.told.endswith(self._starts) and self._started_s is None:
            self._started_s, self._next = now_s, 0
            return [(_NOTIFY, b"\x13=undefined\r\n>"), (_NOTIFY, b"\x11\r\n")]
        if self.told.endswith(self._stops):
            self._started_s = None
        return []

    def advance(self, now_s: float) -> list[Note]:
        if self._started_s is None:
            return []
        due = sampled(self._next, self._rate_hz, (now_s - self._started_s) * self._rate)
        self._next += len(due)
        text = ""
        for device_s in due:
            measured = self._signal(self._started_s + device_s / self._rate)
            text += self._line(device_s, measured) + "\r\n"
        data = text.encode()
        return [(_NOTIFY, data[at : at + _PIECE]) for at in range(0, len(data), _PIECE)]

    def disconnected(self) -> None:
        """An Espruino goes on and finds nobody who listens; this one begins anew when it is told again."""
        self._started_s = None
        self.told = b""
