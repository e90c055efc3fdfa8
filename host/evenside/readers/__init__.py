"""Recordings that others made, and our own: one type, streamed, with notes on what is wrong with them."""

from __future__ import annotations

from evenside.readers.recording import Note, NoteSink, Progress, Recording

__all__ = ["Note", "NoteSink", "Progress", "Recording"]
