"""evenside's own recordings: a folder with ``recording.json``, hourly Parquet files a node, and the live spool.

What is read is what was acknowledged, bit for bit, whether it still stands in the spool or has become Parquet, also
while it is being recorded. Nothing here writes. pyarrow is imported only when there is a Parquet file to read.
"""

from __future__ import annotations

from evenside.readers.evenside_recording.manifest import Manifest, nodes_from_json, nodes_to_json, read_manifest
from evenside.readers.evenside_recording.stream import stream_blocks

__all__ = ["Manifest", "nodes_from_json", "nodes_to_json", "read_manifest", "stream_blocks"]
