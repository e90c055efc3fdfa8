"""``evenside scan``: the nodes on the serial ports of this machine, as lines for evenside.toml."""

from __future__ import annotations

import asyncio

import click

from evenside.cli.output import print_json
from evenside.cli.progress import progress_bar
from evenside.errors import SourceError
from evenside.sources.serial_scan import FoundNode, Scan, scan_ports, to_toml

__all__ = ["scan"]

HEADER = """\
# evenside.toml: the nodes in reach. For a wearer that you have already, leave out the next two lines.
[[wearer]]
id = "me"

"""


@click.command()
@click.argument("ports", nargs=-1, metavar="[PORT]...")
@click.option("--baud", default=115200, show_default=True, help="Speed of the serial lines.")
@click.option(
    "--patience",
    "patience_s",
    type=click.FloatRange(0.1, 60.0),
    default=1.5,
    show_default=True,
    help="Seconds to wait for answers.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of TOML.")
def scan(ports: tuple[str, ...], baud: int, patience_s: float, as_json: bool) -> None:
    """Ask every serial port, and each PORT given, who is there.

    Prints the nodes that answer as TOML: `evenside scan > evenside.toml`. Nothing is started and nothing changed, but
    opening a port may reset a board.
    """
    with progress_bar("asking the serial ports"):
        found = asyncio.run(scan_ports(ports, baud=baud, patience_s=patience_s))
    for problem in found.problems:
        click.echo(f"note: {problem.what}\n  mend: {problem.mend}", err=True)
    if as_json:
        print_json(_as_json(found))
        return
    if not found.nodes:
        raise _nobody(found, patience_s)
    click.echo(HEADER + to_toml(found.nodes), nl=False)
    click.echo(_summary(found), err=True)


def _nobody(found: Scan, patience_s: float) -> SourceError:
    mute = [port for port in found.ports if not any(port in problem.what for problem in found.problems)]
    if not found.ports:
        return SourceError(
            "this machine has no serial port", mend="plug the node or its hub in (a charging cable carries no data)"
        )
    if not mute:
        return SourceError("no port could be asked", mend="see the notes above")
    return SourceError(
        f"no node answered within {patience_s:g} s on {', '.join(mute)}",
        mend="switch the node on; try --baud with its speed; a slow starter needs --patience 5",
    )


def _summary(found: Scan) -> str:
    ports = len({node.port for node in found.nodes})
    counted = f"{len(found.nodes)} node{'s'[: len(found.nodes) != 1]} on {ports} port{'s'[: ports != 1]}"
    open_ends = [node.serial for node in found.nodes if node.side is None or node.site is None]
    return f"{counted}. Fill in where {', '.join(open_ends)} is worn." if open_ends else f"{counted}."


def _as_json(found: Scan) -> dict[str, object]:
    return {
        "nodes": [_node_json(node) for node in found.nodes],
        "problems": [{"what": problem.what, "mend": problem.mend} for problem in found.problems],
        "ports": found.ports,
    }


def _node_json(node: FoundNode) -> dict[str, object]:
    names = ("port", "baud", "address", "serial", "firmware", "side", "site", "rate_hz", "channels", "scale")
    return {name: getattr(node, name) for name in names}
