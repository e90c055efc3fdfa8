"""evenside's own recordings: a folder with ``recording.json``, hourly Parquet files a node, and the live spool.

What is read is what was acknowledged, bit for bit, whether it still stands in the spool or has become Parquet, also
while it is being recorded. Nothing here writes. pyarrow is imported only when there is a Parquet file to read.
"""

from __future__ import annotations

from evenside.readers.evenside_recording.manifest import Manifest, read_manifest
from evenside.readers.evenside_recording.opening import is_evenside_recording, open_evenside_recording
from evenside.readers.evenside_recording.stream import stream_blocks

__all__ = ["Manifest", "is_evenside_recording", "open_evenside_recording", "read_manifest", "stream_blocks"]
