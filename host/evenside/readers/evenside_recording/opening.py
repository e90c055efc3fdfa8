"""One of our own recordings as the readers' ``Recording``, with what a person should know about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from math import inf
from pathlib import Path

from evenside.readers.evenside_recording.manifest import Manifest, manifest_path, read_manifest, spool_path
from evenside.readers.evenside_recording.spool import EndMark, Extent, SpoolReader
from evenside.readers.evenside_recording.stream import stream_blocks
from evenside.readers.recording import Note, NoteSink, Progress, Recording
from evenside_analysis.types import Block

__all__ = ["is_evenside_recording", "open_evenside_recording"]


def is_evenside_recording(path: Path) -> bool:
    """Whether ``path`` is the folder of a recording of ours, or the ``recording.json`` in it."""
    return manifest_path(_folder(path)).is_file()


def open_evenside_recording(path: Path) -> Recording:
    """Open the folder of a recording (or its ``recording.json``), finished or not.

    Session times are those of the session as it was recorded; they are not shifted to begin at 0, so that an analysis
    of the recording gives the very figures that were given live.

    Raises:
        ReadError: there is no recording, or its manifest or spool is damaged.
    """
    directory = _folder(path)
    manifest = read_manifest(directory)
    _, extents = _what_is_there(directory)
    spans = extents.values() if extents else ()
    span_us = (min(e.first_us for e in spans), max(e.last_us for e in spans)) if extents else None
    paths = tuple(sorted(file for file in directory.rglob("*") if file.suffix in (".json", ".parquet", ".sqlite")))
    bytes_total = sum(file.stat().st_size for file in paths)
    errors_s = sorted((extent.clock_error_s for extent in spans), reverse=True)

    def stream(note: NoteSink, progress: Progress) -> Iterator[Block]:
        for found in _notes(directory, manifest):
            note(found)
        for block in stream_blocks(directory, manifest, note):
            yield block
            if span_us is not None and span_us[1] > span_us[0]:
                share = (float(block.time_s[-1]) * 1e6 - span_us[0]) / (span_us[1] - span_us[0])
                progress(int(bytes_total * min(1.0, share)))

    return Recording(
        name=directory.resolve().name.split(".", 1)[0],
        paths=paths,
        layout="evenside",
        nodes=manifest.nodes,
        clock_error_s=inf if extents is None else sum(errors_s[:2]),
        sync_source="measured while recording, kept with every sample",
        bytes_total=bytes_total,
        stream=stream,
        in_force=manifest.in_force,
        expected_s=None if span_us is None else (span_us[1] - span_us[0]) / 1e6,
    )


def _folder(path: Path) -> Path:
    return path.parent if path.name == manifest_path(path).name and not path.is_dir() else path


def _what_is_there(directory: Path) -> tuple[EndMark | None, dict[str, Extent] | None]:
    if not spool_path(directory).exists():
        return None, None
    with closing(SpoolReader(directory)) as spool:
        return spool.end_mark(), spool.extents()


def _notes(directory: Path, manifest: Manifest) -> Iterator[Note]:
    mark, extents = _what_is_there(directory)
    place = str(directory)
    if extents is None:
        words = f"{spool_path(directory).name} is missing: only the whole hours in raw/ are read."
        yield Note("truncated", "", place, words)
        return
    for node in manifest.nodes:
        if node.id not in extents:
            yield Note("absent", node.id, place, f"Node {node.id} never spoke.")
    if mark is None:
        last_s = max((extent.last_us for extent in extents.values()), default=0) / 1e6
        words = f"There is no end mark: it is still being recorded or was broken off. The last sample is at {last_s} s."
        yield Note("truncated", "", place, words)
        return
    if mark.dropped:
        words = f"{mark.dropped} samples were dropped because the disk was full."
        yield Note("lost", "", place, words, mark.dropped)
    if mark.late:
        words = f"{mark.late} samples were left out because they were not later than the one before."
        yield Note("time", "", place, words, mark.late)
