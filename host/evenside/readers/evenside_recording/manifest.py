"""``recording.json``: who, when, which nodes, how corrected; and where things lie in the folder of a recording."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from evenside.errors import ReadError
from evenside.readers.evenside_recording.in_force_json import in_force_from_json, in_force_to_json
from evenside_analysis.calibration import UNCALIBRATED, InForce
from evenside_analysis.types import Node

__all__ = [
    "Manifest",
    "hour_name",
    "manifest_path",
    "manifest_to_json",
    "node_folder",
    "nodes_from_json",
    "nodes_to_json",
    "read_manifest",
    "spool_path",
]

VERSION = 1
LAYOUT = "evenside"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a recording says about itself. ``started_ns`` is the UTC time of session second 0.

    The samples are as the sensors sent them; ``in_force`` is how they were corrected, and trusted, in the session.
    """

    session: str
    wearer: str
    started_ns: int
    software: str
    nodes: tuple[Node, ...]
    in_force: InForce = UNCALIBRATED


def manifest_path(directory: Path) -> Path:
    return directory / "recording.json"


def spool_path(directory: Path) -> Path:
    return directory / "spool.sqlite"


def node_folder(directory: Path, node_id: str) -> Path:
    """Where a node's Parquet files lie. No id can reach outside of it."""
    name = quote(node_id, safe="")
    return directory / "raw" / (name.replace(".", "%2E", 1) if name.startswith(".") else name)


def hour_name(hour: int) -> str:
    """File name of an hour counted from 1970-01-01T00Z; the order of names is the order of time."""
    return f"{datetime.fromtimestamp(hour * 3600, UTC):%Y-%m-%dT%HZ}.parquet"


def nodes_to_json(nodes: tuple[Node, ...]) -> list[dict[str, object]]:
    return [asdict(node) for node in nodes]


def nodes_from_json(found: object) -> tuple[Node, ...]:
    """The inverse of ``nodes_to_json``, after a trip through JSON. Raises ValueError where it is anything else."""
    if not isinstance(found, list):
        raise ValueError(f"expected a list of nodes, found {found!r:.60}")
    try:
        return tuple(
            Node(**{**node, "channels": tuple(node["channels"]), "scale": node["scale"] and tuple(node["scale"])})
            for node in found
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a node: {error}") from error


def manifest_to_json(manifest: Manifest) -> str:
    """Raises ValueError where a node holds NaN or an infinity."""
    content = {
        "layout": LAYOUT,
        "version": VERSION,
        "session": manifest.session,
        "wearer": manifest.wearer,
        "started_ns": manifest.started_ns,
        "software": manifest.software,
        "nodes": nodes_to_json(manifest.nodes),
        "in_force": in_force_to_json(manifest.in_force),
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def read_manifest(directory: Path) -> Manifest:
    """Read ``recording.json``.

    Raises:
        ReadError: it is not there, not readable, damaged, or of a newer version.
    """
    path = manifest_path(directory)
    try:
        found = json.loads(path.read_text("utf-8"))
        version = found["version"]
        if version == VERSION:
            return Manifest(
                str(found["session"]),
                str(found["wearer"]),
                int(found["started_ns"]),
                str(found["software"]),
                nodes_from_json(found["nodes"]),
                in_force_from_json(found["in_force"]) if "in_force" in found else UNCALIBRATED,
            )
    except OSError as error:
        raise ReadError(f"{path}: {error.strerror}", mend="give the folder that holds recording.json") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ReadError(f"{path} is damaged: {error!r}", mend="restore it from a copy of the recording") from error
    raise ReadError(f"{path} has version {version!r}; this software reads {VERSION}", mend="update evenside")
