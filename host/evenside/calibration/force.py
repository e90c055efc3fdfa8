"""What calibrations come to for the nodes of a session: those of the devices here, or of the recording that is played.

Samples that come out of a recording of our own were corrected then, and are corrected the same way now: with what
stands in that recording, never with what is known of some device today. Nobody knows the devices of other people's
recordings, so nothing of these is corrected. Everything else is a device that is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from evenside.config import NodeConfig
from evenside.errors import EvensideError
from evenside.readers.evenside_recording import is_evenside_recording, open_evenside_recording
from evenside.sources import parse_source_url
from evenside.sources.replay_nodes import cast_nodes
from evenside.sources.replay_options import replay_options
from evenside_analysis.calibration import Calibration, InForce, WornDevice, in_force

__all__ = ["HOLD_S", "session_force", "worn_devices"]

HOLD_S = {"run": 86_400.0}
"""For how long a zero must hold, by the kind of session; where none is given, ``HOLD_ELSE_S``."""
HOLD_ELSE_S = 3600.0


def worn_devices(nodes: Iterable[NodeConfig]) -> tuple[WornDevice, ...]:
    """Each node with its serial number as evenside.toml has it."""
    return tuple(WornDevice(entry.node, entry.serial) for entry in nodes)


def session_force(
    nodes: Sequence[NodeConfig], wearer: str, known: Iterable[Calibration], now_ns: int, kind: str
) -> InForce:
    """What holds for a session of these nodes that begins now.

    Never raises for a recording that cannot be opened: that is for its source to tell.
    """
    by_url: dict[str, list[NodeConfig]] = {}
    for entry in nodes:
        by_url.setdefault(entry.source, []).append(entry)
    here: list[NodeConfig] = []
    recorded: list[InForce] = []
    for url, entries in by_url.items():
        found = _recorded_force(url, entries)
        if found is None:
            here += entries
        else:
            recorded.append(found)
    ours = in_force(worn_devices(here), wearer, known, now_ns, HOLD_S.get(kind, HOLD_ELSE_S))
    parts = (ours, *recorded)
    return InForce(
        tuple(correction for part in parts for correction in part.corrections),
        tuple({site: trust for part in parts for site, trust in part.trust}.items()),
    )


def _recorded_force(url: str, entries: Sequence[NodeConfig]) -> InForce | None:
    """What stands in the recording, by the nodes that it plays; None where the samples come from somewhere else."""
    parsed = parse_source_url(url)
    if parsed.scheme != "replay":
        return None
    with suppress(EvensideError):
        path = replay_options(parsed).path
        if not is_evenside_recording(path):
            return InForce()
        recording = open_evenside_recording(path)
        parts = cast_nodes([entry.node for entry in entries], recording)
        played = {node: part.node.id for node, part in parts.items()}
        sites = {part.node.site for part in parts.values()}
        return InForce(
            tuple(replace(one, node=played[one.node]) for one in recording.in_force.corrections if one.node in played),
            tuple((site, trust) for site, trust in recording.in_force.trust if site in sites),
        )
    return InForce()
