"""``evenside scan``: the sensors on the serial ports of this machine and over Bluetooth, as lines for evenside.toml."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import click

from evenside.cli.output import print_json
from evenside.cli.progress import progress_bar
from evenside.errors import SourceError
from evenside.sources.ble import survey as ble
from evenside.sources.ble.radio import Radio
from evenside.sources.found_toml import FoundTable, node_tables
from evenside.sources.schema_book import channels_of, scale_of
from evenside.sources.serial_scan import FoundNode, Scan, scan_ports, tables_of

__all__ = ["FILE_HEAD", "LISTEN_S", "found_tables", "scan"]

FILE_HEAD = """\
# evenside.toml: the nodes in reach. For a wearer that you have already, leave out the next two lines.
[[wearer]]
id = "me"

"""
LISTEN_S = 5.0  # to Bluetooth at least: some sensors advertise once a second


@dataclass(frozen=True, slots=True)
class _Found:
    serial: Scan
    air: ble.Survey | None  # None: not asked for


@click.command()
@click.argument("ports", nargs=-1, metavar="[PORT]...")
@click.option("--baud", default=115200, show_default=True, help="Speed of the serial lines.")
@click.option("--ble/--no-ble", "with_ble", default=True, show_default=True, help="Look over Bluetooth too.")
@click.option("--adapter", default="", help="The Bluetooth adapter, as hci1; else the first one.")
@click.option(
    "--patience",
    "patience_s",
    type=click.FloatRange(0.1, 60.0),
    default=1.5,
    show_default=True,
    help=f"Seconds to wait for answers; over Bluetooth {LISTEN_S:g} at least.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of TOML.")
def scan(ports: tuple[str, ...], baud: int, with_ble: bool, adapter: str, patience_s: float, as_json: bool) -> None:
    """Ask every serial port, each PORT given, and every Bluetooth sensor that advertises, who is there.

    Prints the nodes that answer as TOML: `evenside scan > evenside.toml`. Nothing is started and nothing changed, but
    opening a port may reset a board.
    """
    with progress_bar("asking serial ports and Bluetooth" if with_ble else "asking the serial ports"):
        found = _look(ports, baud, patience_s, with_ble, adapter)
    _tell_problems(found)
    if as_json:
        print_json(_as_json(found))
        return
    tables = _tables(found, adapter)
    if not tables:
        raise _nobody(found, patience_s)
    click.echo(FILE_HEAD + node_tables(tables), nl=False)
    click.echo(_summary(found), err=True)


def found_tables(
    ports: tuple[str, ...], *, baud: int, patience_s: float, with_ble: bool, adapter: str
) -> list[FoundTable]:
    """What stands in evenside.toml of every sensor in reach; what stood in the way is told on stderr."""
    found = _look(ports, baud, patience_s, with_ble, adapter)
    _tell_problems(found)
    return _tables(found, adapter)


def _tables(found: _Found, adapter: str) -> list[FoundTable]:
    tables = tables_of(found.serial.nodes)
    for device in found.air.devices if found.air else ():
        tables += ble.tables_of(device, f"ble://{adapter}")
    return tables


def _look(ports: tuple[str, ...], baud: int, patience_s: float, with_ble: bool, adapter: str) -> _Found:
    async def look() -> _Found:
        serial = scan_ports(ports, baud=baud, patience_s=patience_s)
        if not with_ble:
            return _Found(await serial, None)
        air = ble.survey(Radio(adapter_name=adapter), patience_s=max(patience_s, LISTEN_S))
        return _Found(*await asyncio.gather(serial, air))

    return asyncio.run(look())


def _tell_problems(found: _Found) -> None:
    for problem in found.serial.problems:
        click.echo(f"note: {problem.what}\n  mend: {problem.mend}", err=True)
    for note in _air_notes(found.air):
        click.echo(f"note: {note}", err=True)


def _air_notes(air: ble.Survey | None) -> list[str]:
    if air is None:
        return []
    if air.problem:
        return [f"no Bluetooth: {air.problem}; `evenside doctor` tells the mend, --no-ble leaves it out"]
    return [f"{one.serial} ({one.kind}) over Bluetooth: {one.problem}" for one in air.devices if one.problem]


def _nobody(found: _Found, patience_s: float) -> SourceError:
    what, mend = _nobody_on_ports(found.serial, patience_s)
    if found.air is not None and not found.air.problem:
        others = f" ({found.air.strangers} others advertise)" if found.air.strangers else ""
        what = f"no Bluetooth sensor that is known advertises{others}; {what}"
        mend = f"switch it on, and end the app that holds it; {mend}"
    return SourceError(what, mend=mend)


def _nobody_on_ports(found: Scan, patience_s: float) -> tuple[str, str]:
    mute = [port for port in found.ports if not any(port in problem.what for problem in found.problems)]
    if not found.ports:
        return "this machine has no serial port", "plug the node or its hub in (a charging cable carries no data)"
    if not mute:
        return "no port could be asked", "see the notes above"
    return (
        f"no node answered within {patience_s:g} s on {', '.join(mute)}",
        "switch the node on; try --baud with its speed; a slow starter needs --patience 5",
    )


def _summary(found: _Found) -> str:
    nodes, devices = found.serial.nodes, found.air.devices if found.air else ()
    counted = []
    if nodes or not devices:
        counted.append(f"{_count(len(nodes), 'node')} on {_count(len({node.port for node in nodes}), 'port')}")
    if devices:
        counted.append(f"{_count(len(devices), 'sensor')} over Bluetooth")
    open_ends = [node.serial for node in nodes if node.side is None or node.site is None]
    open_ends += [
        one.serial for one in devices if any(table.side is None or table.site is None for table in ble.tables_of(one))
    ]
    told = f"{', '.join(counted)}."
    return f"{told} Fill in where {', '.join(open_ends)} is worn." if open_ends else told


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s'[: number != 1]}"


def _as_json(found: _Found) -> dict[str, object]:
    told: dict[str, object] = {
        "nodes": [_node_json(node) for node in found.serial.nodes],
        "problems": [{"what": problem.what, "mend": problem.mend} for problem in found.serial.problems],
        "ports": found.serial.ports,
    }
    if found.air is not None:
        told["bluetooth"] = {
            "problem": found.air.problem,
            "strangers": found.air.strangers,
            "devices": [_device_json(one) for one in found.air.devices],
        }
    return told


def _node_json(node: FoundNode) -> dict[str, object]:
    names = ("port", "baud", "address", "serial", "firmware", "side", "site", "rate_hz", "channels", "scale")
    return {name: getattr(node, name) for name in names}


def _device_json(one: ble.FoundDevice) -> dict[str, object]:
    names = ("address", "name", "rssi_dbm", "kind", "serial", "firmware", "side", "site", "rate_hz", "problem")
    told: dict[str, object] = {name: getattr(one, name) for name in names}
    kind = one.device
    if kind is not None:
        rate_hz = kind.rates_hz[0] if kind.rates_hz else kind.usual_rate_hz
        return told | {"channels": kind.channels, "scale": (), "rate_hz": rate_hz}
    return told | {"channels": channels_of(one.schemas), "scale": scale_of(one.schemas)}
