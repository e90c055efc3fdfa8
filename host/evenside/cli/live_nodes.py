"""The nodes of a wearer on the terminal: a row a site, left and right side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from evenside.cli.live_state import WearerState
from evenside.daemon import LiveNode

__all__ = ["node_table"]

SILENT_S = 5.0
_GOOD = frozenset({"", "connected", "heard"})


def node_table(state: WearerState, nodes: Sequence[LiveNode]) -> Table:
    """Link, rate, loss and battery of each, and how far the clocks of both sides may be apart."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("sensor", no_wrap=True)
    for side in ("left", "right"):
        table.add_column(side, no_wrap=True)
        for name in ("Hz", "lost", "bat."):
            table.add_column(name, justify="right", no_wrap=True)
    table.add_column("sync", justify="right", no_wrap=True)
    sites: dict[str, dict[str, LiveNode]] = {}
    for live in nodes:
        node = state.nodes.get(live.node)
        if node is not None:
            sites.setdefault(node.site, {})["left" if node.side == "centre" else node.side] = live
    for site, sides in sites.items():
        left, right = (_cells(state, sides.get(side)) for side in ("left", "right"))
        error_s = math.hypot(*(live.clock_error_s for live in sides.values()))
        table.add_row(site, *left, *right, f"{1000.0 * error_s:.2f} ms" if math.isfinite(error_s) else "–")
    return table


def _cells(state: WearerState, live: LiveNode | None) -> tuple[Text | str, ...]:
    if live is None:
        return ("none", "", "", "")
    silent = live.silent_s > SILENT_S
    link = f"silent {live.silent_s:.0f} s" if silent else live.link or "heard"
    battery = state.battery_percent.get(live.node, math.nan)
    return (
        Text(link, style="green" if live.link in _GOOD and not silent else "yellow"),
        f"{live.rate_hz:.1f}" if math.isfinite(live.rate_hz) else "–",
        f"{100.0 * live.lost_share:.1f} %" if math.isfinite(live.lost_share) else "–",
        f"{battery:.0f} %" if math.isfinite(battery) else "–",
    )
