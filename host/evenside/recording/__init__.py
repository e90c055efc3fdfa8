"""The raw recording: every sample as it came, on the disk within seconds, hourly Parquet in the end.

``RecordingWriter`` runs all day and knows neither pyarrow nor Parquet; ``evenside.recording.compact`` is run from time
to time as a process of its own. Reading is ``evenside.readers.evenside_recording``.
"""

from __future__ import annotations

from evenside.readers.evenside_recording.manifest import Manifest
from evenside.recording.writer import RecordingHealth, RecordingSettings, RecordingWriter

__all__ = ["Manifest", "RecordingHealth", "RecordingSettings", "RecordingWriter"]
