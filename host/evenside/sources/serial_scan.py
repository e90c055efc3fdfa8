"""Which nodes are on the serial ports of this machine: HELLO to each port, identity and channels back, TOML to paste.

All ports are asked at once. Only HELLO and DESCRIBE are sent: a scan starts nothing and changes nothing (but opening a
port may reset a board whose reset hangs on DTR). A port on which nobody answers in time has no node; one that cannot be
opened is named with its mend.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from serial.tools import list_ports

from evenside.sources.found_toml import FoundTable, node_tables
from evenside.sources.schema_book import SchemaBook, channels_of, scale_of
from evenside.sources.serial_line import LineLostError, OpenProblem, SerialLine, explain_open_error
from evenside.wire import (
    BROADCAST_ADDRESS,
    Command,
    Decoder,
    Frame,
    HelloReply,
    Op,
    Reply,
    Result,
    Schema,
    commands,
    encode_packet,
    side_of,
    site_of,
)
from evenside_analysis.types import Side, Site

__all__ = ["FoundNode", "Scan", "scan_ports", "scan_serial", "tables_of", "to_toml"]

ASK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class FoundNode:
    """One device that answered. None where it does not say."""

    port: str
    baud: int
    address: int
    serial: str
    firmware: str
    side: Side | None
    site: Site | None
    rate_hz: float | None
    schemas: tuple[Schema, ...]  # the preferred one first

    @property
    def channels(self) -> tuple[str, ...]:
        """Of the preferred schema, its force cells as the one force that they measure."""
        return channels_of(self.schemas)

    @property
    def scale(self) -> tuple[float, ...]:
        """The SI value of one count of each channel; () where they are floats, or a force adds up cells."""
        return scale_of(self.schemas)


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found, the ports that could not be asked, and all that were to be asked."""

    nodes: tuple[FoundNode, ...]
    problems: tuple[OpenProblem, ...]
    ports: tuple[str, ...] = ()


def scan_serial(ports: Sequence[str] = (), *, baud: int = 115200, patience_s: float = 1.5) -> list[FoundNode]:
    """The nodes on all ports of this machine and on those named in ``ports``."""
    return list(asyncio.run(scan_ports(ports, baud=baud, patience_s=patience_s)).nodes)


async def scan_ports(ports: Sequence[str] = (), *, baud: int = 115200, patience_s: float = 1.5) -> Scan:
    """As ``scan_serial``, with what stood in the way. Takes about ``patience_s``, however many ports there are."""
    listed = await asyncio.to_thread(list_ports.comports)
    paths = dict.fromkeys([*ports, *(port.device for port in listed)])
    answers = await asyncio.gather(*(_ask(path, baud, patience_s) for path in paths))
    nodes = tuple(node for answer in answers if not isinstance(answer, OpenProblem) for node in answer)
    return Scan(nodes, tuple(answer for answer in answers if isinstance(answer, OpenProblem)), tuple(paths))


async def _ask(path: str, baud: int, patience_s: float) -> list[FoundNode] | OpenProblem:
    try:
        line = await SerialLine.open(path, baud, time.monotonic)
    except (OSError, ValueError) as error:
        return explain_open_error(path, error if isinstance(error, OSError) else OSError(str(error)))
    roll = _Roll()
    try:
        async with asyncio.timeout(patience_s):
            await _converse(line, roll)
    except (TimeoutError, LineLostError):
        pass  # what has answered until now is the answer
    finally:
        await line.close()
    return roll.found(path, baud)


async def _converse(line: SerialLine, roll: _Roll) -> None:
    decoder = Decoder()
    while True:
        for address, command in roll.questions():
            line.write(encode_packet(address, command))
        try:
            async with asyncio.timeout(ASK_EVERY_S):
                while True:
                    for address, frame in decoder.feed((await line.read()).data):
                        roll.receive(address, frame)
        except TimeoutError:
            continue


class _Roll:
    """Who has answered what."""

    def __init__(self) -> None:
        self._token = 0
        self._hellos: dict[int, HelloReply] = {}
        self._books: dict[int, SchemaBook] = {}

    def questions(self) -> Iterable[tuple[int, Command]]:
        """HELLO to all, and DESCRIBE to those that have more to tell."""
        self._token = (self._token + 1) & 0xFF
        yield BROADCAST_ADDRESS, commands.hello(self._token)
        for address in self._books:
            yield from self._next_page(address)

    def _next_page(self, address: int) -> Iterable[tuple[int, Command]]:
        unknown = self._books[address].unknown()
        if unknown is not None:
            self._token = (self._token + 1) & 0xFF
            yield address, commands.describe(self._token, *unknown)

    def receive(self, address: int, frame: Frame) -> None:
        if not isinstance(frame, Reply):
            return
        if frame.op == Op.HELLO and frame.result == Result.OK and address not in self._hellos:
            hello = HelloReply.unpack(frame.data)
            if isinstance(hello, HelloReply):
                self._hellos[address], self._books[address] = hello, SchemaBook(hello)
        elif frame.op == Op.DESCRIBE and address in self._books:
            unknown = self._books[address].unknown()
            if unknown is not None:
                self._books[address].describe(unknown[0], frame)

    def found(self, port: str, baud: int) -> list[FoundNode]:
        return [
            FoundNode(
                port=port,
                baud=baud,
                address=address,
                serial=hello.serial,
                firmware=hello.firmware,
                side=side_of(hello.side),
                site=site_of(hello.site),
                rate_hz=round(1e6 / hello.period_us, 6) if hello.period_us else None,
                schemas=tuple(self._books[address].offered()),
            )
            for address, hello in sorted(self._hellos.items())
        ]


def tables_of(found: Sequence[FoundNode]) -> list[FoundTable]:
    """What stands of each in evenside.toml."""
    return [
        FoundTable(
            remark=f"{node.serial} on {node.port}, firmware {node.firmware}",
            source=f"serial://{node.port}?baud={node.baud}",
            serial=node.serial,
            channels=node.channels,
            site=node.site,
            side=node.side,
            rate_hz=node.rate_hz,
            scale=node.scale,
        )
        for node in found
    ]


def to_toml(found: Sequence[FoundNode]) -> str:
    """Node tables for evenside.toml."""
    return node_tables(tables_of(found))
