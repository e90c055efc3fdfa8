"""Which sensor is on which side: all of them are heard while a person moves one side after the other.

Nothing is assumed from an order, a name or an address: the side is that of the sensor which moved, clearly and alone,
when this side was to be moved. Whether the person did as asked is looked at both times; the two must not be one and
the same. What this never does: take the one that is left over for the other side.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from evenside.calibration.listening import Opener, Watcher, listening
from evenside.config import NodeConfig
from evenside.errors import CalibrationError, SourceError
from evenside.sources import open_source
from evenside.sources.found_toml import FoundTable
from evenside_analysis.types import Node, Side, Site
from evenside_analysis.who_moved import Moved, who_moved

__all__ = ["SETTLE_S", "SPAN_S", "Candidate", "Guide", "candidates_of", "find_sides"]

SETTLE_S, SPAN_S = 1.0, 4.0
DEFAULT_RATE_HZ = 100.0
SIDES: tuple[Literal["right", "left"], ...] = ("right", "left")

_MENDS = {
    "still": "move it clearly, as by lifting and shaking the foot, all the time",
    "several": "keep the other side still: sit down, and move one side alone",
    "unheard": "wait until its link is there, come closer, or look at its battery",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sensor that may be on either side, and the node as which it is heard meanwhile."""

    table: FoundTable
    entry: NodeConfig


@dataclass(frozen=True, slots=True)
class Guide:
    """Whoever leads the person. ``ready`` returns when this side is about to be moved; ``again`` is told why a try was
    no good and returns whether there is to be another one; ``watch`` sees the seconds pass.
    """

    ready: Callable[[Side], Awaitable[object]]
    again: Callable[[str], bool]
    watch: Watcher


def candidates_of(tables: Sequence[FoundTable], site: Site | None) -> list[Candidate]:
    """The sensors that measure one side, each under an id of its own. ``site``: where all of them are worn; None:
    where they say.
    """
    shared = {table.serial for at, table in enumerate(tables) if table.serial in {t.serial for t in tables[:at]}}
    found: list[Candidate] = []
    for table in tables:
        if table.serial in shared or not table.channels:
            continue
        where: Site | None = site or table.site or (table.sites[0] if table.sites else None)
        if where is None:
            raise SourceError(
                f"{table.serial} does not say where it is worn", mend="say it with --site, as --site foot"
            )
        node = Node(
            id=f"sensor {len(found) + 1} ({table.serial})",
            site=where,
            side="centre",
            channels=table.channels,
            rate_hz=table.rate_hz or DEFAULT_RATE_HZ,
            gravity=table.gravity,
            right_handed=table.right_handed,
            scale=table.scale or None,
        )
        worn = replace(table, site=where)
        found.append(Candidate(worn, NodeConfig(node, table.source, table.serial, table.device)))
    return found


async def find_sides(
    candidates: Sequence[Candidate], guide: Guide, *, opener: Opener = open_source, span_s: float = SPAN_S
) -> tuple[FoundTable, FoundTable]:
    """What was moved as left and as right, with its side.

    Raises:
        CalibrationError: a try was no good, and there was to be no other one.
        SourceError: there are fewer than two sensors, or one cannot be heard.
    """
    if len(candidates) < 2:
        count = len(candidates)
        raise SourceError(
            f"two sensors are needed to tell sides, {count or 'none'} was found",
            mend="switch both on, and end the app that holds them; `evenside scan` tells who is there",
        )
    by_node = {candidate.entry.node.id: candidate for candidate in candidates}
    found: dict[Side, str] = {}
    async with listening([candidate.entry for candidate in candidates], opener) as heard:
        await heard.stretch(tuple(by_node), 0.0, 1.0)  # until all of them are heard
        for side in SIDES:
            while side not in found:
                await heard.idle(guide.ready(side))
                readings = await heard.stretch(tuple(by_node), SETTLE_S, span_s, watch=guide.watch)
                moved = who_moved(readings)
                if not moved.why and moved.node not in found.values():
                    found[side] = moved.node
                    continue
                problem = _problem(side, moved)
                if not guide.again(problem.what):
                    raise problem
    left, right = (replace(by_node[found[side]].table, side=side) for side in ("left", "right"))
    return left, right


def _problem(side: Side, moved: Moved) -> CalibrationError:
    nodes = ", ".join(moved.nodes)
    if not moved.why:
        return CalibrationError(
            f"{moved.node} moved for both sides", mend=f"move only the {side} one, and let the other be worn"
        )
    what = {
        "still": f"nothing moved clearly (most: {nodes})",
        "several": f"more than one moved: {nodes}",
        "unheard": f"too little was heard of {nodes}",
    }
    return CalibrationError(what[moved.why], mend=_MENDS[moved.why])
