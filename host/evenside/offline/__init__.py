"""A whole recording through the analysis: the same ``step`` as live, folded over a file. No clock, no store.

``analyse_recording`` streams, so that memory does not grow with the length of the recording. What it returns is turned
into one JSON object (``as_json``), and on the way contacts and strides can be written to CSV files (``tables``).
"""

from __future__ import annotations

from evenside.offline.fold import Analysis, Listener, analyse_recording, first_sample_s
from evenside.offline.result_json import as_json
from evenside.offline.tables import (
    EVENT_COLUMNS,
    STRIDE_COLUMNS,
    OrderedCsv,
    event_listener,
    stride_listener,
    table_path,
)

__all__ = [
    "EVENT_COLUMNS",
    "STRIDE_COLUMNS",
    "Analysis",
    "Listener",
    "OrderedCsv",
    "analyse_recording",
    "as_json",
    "event_listener",
    "first_sample_s",
    "stride_listener",
    "table_path",
]
