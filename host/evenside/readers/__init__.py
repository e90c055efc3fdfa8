"""Recordings that others made, and our own: one type, streamed, with notes on what is wrong with them."""

from __future__ import annotations

from evenside.readers.layout import Layout
from evenside.readers.layout_toml import builtin_layouts, load_layout
from evenside.readers.opening import open_recording
from evenside.readers.recording import Note, NoteSink, Progress, Recording

__all__ = [
    "Layout",
    "Note",
    "NoteSink",
    "Progress",
    "Recording",
    "builtin_layouts",
    "load_layout",
    "open_recording",
]
