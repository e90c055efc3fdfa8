"""Open a recording: find its files, settle the layout, look at the heads, and hand out the stream.

Without a layout each built-in one is laid over the head of the file; exactly one must fit. A folder with
``recording.json`` is a recording of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evenside.errors import EvensideError, LayoutError, ReadError
from evenside.readers.header import read_head
from evenside.readers.layout import Layout
from evenside.readers.layout_toml import OWN_LAYOUT, built_in, builtin_layouts, load_layout
from evenside.readers.plan import FilePlan, plan_file, share_zero
from evenside.readers.recording import Note, NoteSink, Progress, Recording
from evenside.readers.stream import stream_blocks
from evenside_analysis.types import Block

__all__ = ["open_recording"]

_MANIFEST = "recording.json"
_GUIDE = Path(__file__).with_name("LAYOUTS.md")
_NO_TABLE = ("{", "[", "<")


def open_recording(
    path: str | Path, layout: str | Path | None = None, block_s: float = 30.0, *, rate_hz: float | None = None
) -> Recording:
    """Open a recording: a file, the common stem of several, or a folder of our own.

    ``layout`` names a built-in layout or a layout file; None looks for a built-in one that fits. ``rate_hz`` outranks
    the rate of the layout where the file does not hold times in seconds. Blocks span ``block_s`` of session time each.

    Raises:
        ReadError: there is no such recording, it cannot be read, or no built-in layout fits.
        LayoutError: the layout is wrong, or does not fit.
        ValueError: block_s or rate_hz is not a number above 0.
    """
    if not 0 < block_s < float("inf"):
        raise ValueError(f"block_s must be above 0, got {block_s}")
    if rate_hz is not None and not 0.1 <= rate_hz <= 10_000:
        raise ValueError(f"rate_hz must be from 0.1 to 10000, got {rate_hz}")
    path = Path(path)
    if (path / _MANIFEST).is_file():
        return _open_own(path, layout)
    if path.is_dir():
        raise ReadError(
            f"{path}: is a folder without {_MANIFEST}",
            mend="give a file in it, or the common stem of the files of one recording (such as folder/1-1)",
        )
    if layout is not None and str(layout) == OWN_LAYOUT:
        raise ReadError(f"{path}: not a recording of our own", mend=f"give the folder that holds {_MANIFEST}")
    if layout is None:
        return _recording(path, _recognise(path), block_s, rate_hz)
    chosen = load_layout(layout)
    try:
        return _recording(path, chosen, block_s, rate_hz)
    except LayoutError as error:
        fitting = [other.name for other in built_in() if other.name != chosen.name and _fits(other, path)]
        if not fitting:
            raise
        mend = f"built-in layout {' or '.join(fitting)} fits this file"
        raise LayoutError(error.what, mend=f"{mend}; or {error.mend}" if error.mend else mend) from error


def _open_own(path: Path, layout: str | Path | None) -> Recording:
    from evenside.readers.evenside_recording import open_evenside_recording

    if layout is not None and str(layout) != OWN_LAYOUT:
        raise LayoutError(f"{path}: a recording of our own needs no layout, got {str(layout)!r}", mend="leave it out")
    return open_evenside_recording(path)


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one recording: what follows the stem, and the path where there is such a file."""

    name: str
    found: tuple[tuple[str, Path], ...]
    missing: tuple[str, ...]


def _find_files(path: Path, layout: Layout) -> _Files:
    stem = str(path)
    for suffix in layout.files:
        for ending in (suffix, suffix + ".gz"):
            if suffix and stem.endswith(ending):
                stem = stem[: -len(ending)]
                break
        else:
            continue
        break
    found: list[tuple[str, Path]] = []
    missing: list[str] = []
    for suffix in layout.files:
        there = [one for one in (Path(stem + suffix), Path(stem + suffix + ".gz")) if one.is_file()]
        if there:
            found.append((suffix, there[0]))
        else:
            missing.append(suffix)
    name = Path(stem).name
    return _Files(name.split(".")[0] or name, tuple(found), tuple(missing))


def _plans(path: Path, layout: Layout, rate_hz: float | None) -> tuple[_Files, tuple[FilePlan, ...], list[Note]]:
    files = _find_files(path, layout)
    if not files.found:
        looked = " or ".join(f"{path}{suffix}[.gz]" for suffix in layout.files)
        raise ReadError(f"{path}: no such recording; looked for {looked}", mend="check the path and the layout")
    notes = [Note("layout", "", layout.name, layout.caution)] if layout.caution else []
    for suffix in files.missing:
        for node in layout.nodes_of(suffix):
            if not node.optional:
                raise ReadError(
                    f"{path}{suffix}: no such file, and {node.id} needs it",
                    mend=f"add the file, or write node.{node.id}.optional = true in {layout.place}",
                )
            words = f"{node.id} ({node.side}) has no file: there is no {files.name}{suffix}[.gz]"
            notes.append(Note("absent", node.id, f"{files.name}{suffix}", words))
    plans = tuple(plan_file(layout, suffix, one, rate_hz) for suffix, one in files.found)
    return files, share_zero(plans, layout.time.shared), notes


def _recording(path: Path, layout: Layout, block_s: float, rate_hz: float | None) -> Recording:
    files, plans, notes = _plans(path, layout, rate_hz)
    notes += [note for plan in plans for note in plan.notes]
    error_s, source = _sync(layout, plans)

    def stream(note: NoteSink, progress: Progress) -> Iterator[Block]:
        for known in notes:
            note(known)
        yield from stream_blocks(layout, plans, block_s, error_s, note, progress)

    return Recording(
        name=files.name,
        paths=tuple(plan.path for plan in plans),
        layout=layout.name,
        nodes=tuple(node.node for plan in plans for node in plan.nodes),
        clock_error_s=error_s,
        sync_source=source,
        bytes_total=sum(plan.path.stat().st_size for plan in plans),
        stream=stream,
    )


def _sync(layout: Layout, plans: tuple[FilePlan, ...]) -> tuple[float, str]:
    """How far the clocks of two nodes may be apart, and by what they are held together."""
    one, counts = len(layout.files) == 1, plans[0].clock.counts
    if one or layout.time.shared:
        what = "row" if layout.time.column is None else "packet counter" if counts else "time column"
        words, error_s = f"one {what}" if one else f"shared {what}", 0.0
    else:
        words, error_s = "separate clocks, each from its own first sample", float("inf")
    return error_s if layout.time.clock_error_s is None else layout.time.clock_error_s, words


def _fits(layout: Layout, path: Path) -> bool:
    try:
        _plans(path, layout, None)
    except EvensideError:
        return False
    return True


def _recognise(path: Path) -> Layout:
    """The only built-in layout that fits.

    Raises:
        ReadError: none does, or more than one.
    """
    fitting = [layout for layout in built_in() if _fits(layout, path)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        these = " and ".join(layout.name for layout in fitting)
        raise ReadError(f"{path}: layouts {these} fit", mend="choose one with --layout NAME")
    if not any(_find_files(path, layout).found for layout in built_in()):
        raise ReadError(f"{path}: no such file, and no files with this stem", mend="check the path")
    raise _unknown(path)


def _unknown(path: Path) -> ReadError:
    """What is wrong with the file itself, or that no layout fits."""
    names = ", ".join(name for name, _ in builtin_layouts())
    mend = (
        f"choose a built-in layout with --layout NAME ({names}), or write a layout file "
        f"({_GUIDE} explains how) and give it with --layout FILE.toml"
    )
    for layout in built_in():
        for _, one in _find_files(path, layout).found:
            head = read_head(one, "utf-8")
            lines = [line.strip() for line in head.lines if line.strip()]
            if lines[0].startswith(_NO_TABLE):
                return ReadError(f"{path}: JSON or XML, not a table of samples", mend="give the file with the samples")
            if sum(not line.startswith("#") for line in lines) <= 1:
                return ReadError(f"{path}: a header and no line of data", mend="record or copy it again")
            return ReadError(f"{path}: no built-in layout fits; its first line is {lines[0][:80]!r}", mend=mend)
    return ReadError(f"{path}: no built-in layout fits", mend=mend)
