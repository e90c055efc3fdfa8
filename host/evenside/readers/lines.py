"""Whole lines of text from a file of any size, plain or gzip, as UTF-8 with ``\\n`` ends.

Strategy: half a megabyte at a time; gzip is told by its first bytes, not by the name; a byte order mark
outranks the stated encoding. What was good before a damaged place is kept, and the damage is told in words. What it
never does: hold more than one chunk and one line, or take half a line for a whole one after damage.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evenside.errors import ReadError

__all__ = ["Chunk", "TextFile"]

CHUNK_BYTES = 1 << 19
LINE_BYTES_MAX = 1 << 20
_GZIP = b"\x1f\x8b"
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\f\r"))
_CONTROLS_MAX_SHARE = 0.01  # one that strayed into a text, such as the end mark of an old system, is no harm
_SUMS = ("incorrect data check", "incorrect length check")
_WRONG_SUM = "the check sum of the gzip data is wrong, so any row may be"
_PASS_THROUGH = ("utf-8", "utf-8-sig", "ascii")
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or a workbook: save the sheet as CSV, or unpack it",
    b"BZh": "bzip2: unpack it, or pack it with gzip",
    b"\xfd7zXZ": "xz: unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "zstd: unpack it, or pack it with gzip",
    b"PAR1": "Parquet: export it as CSV",
    b"\x89HDF": "HDF5 or a MATLAB file: export it as CSV",
    b"MATLAB": "a MATLAB file: export it as CSV",
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines. ``unfinished``: the file ends right after the last one, without a line end."""

    first: int  # number of the first line, counted from 1
    text: bytes  # ends with b"\n"
    unfinished: bool = False


class TextFile:
    """One file, read once from its start. ``bytes_done`` counts bytes of the file itself, for a progress bar."""

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        self.path = path
        self.encoding = encoding
        self.bytes_done = 0
        self.damage = ""  # in words; "" where the file was sound up to its end

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of whole lines.

        Raises:
            ReadError: there is no such file, it may not be read, it is binary, or a line has no end.
        """
        try:
            yield from self._whole_lines()
        except OSError as error:
            raise _cannot_read(self.path, error) from error

    def _whole_lines(self) -> Iterator[Chunk]:
        first, rest = 1, b""
        for text in _with_newlines(self._utf8()):
            if first == 1:
                _refuse_binary(self.path, text)
            cut = text.rfind(b"\n") + 1
            if cut:
                whole = rest + text[:cut]
                yield Chunk(first, whole)
                first += whole.count(b"\n")
                rest = text[cut:]
            else:
                rest += text
            if len(rest) > LINE_BYTES_MAX:
                raise ReadError(
                    f"{self.path}:{first}: a line of more than {LINE_BYTES_MAX} bytes",
                    mend="this is not a table of text; export the recording as CSV",
                )
        if rest and not self.damage:
            yield Chunk(first, rest + b"\n", unfinished=True)

    def _utf8(self) -> Iterator[bytes]:
        """The text in UTF-8, without a byte order mark."""
        decoder: codecs.IncrementalDecoder | None = None
        for number, data in enumerate(self._plain()):
            if number == 0:
                data, decoder = self._decoder(data)
            yield data if decoder is None else decoder.decode(data).encode()
        if decoder is not None:
            yield decoder.decode(b"", final=True).encode()

    def _decoder(self, start: bytes) -> tuple[bytes, codecs.IncrementalDecoder | None]:
        if start.startswith(codecs.BOM_UTF8):
            return start[len(codecs.BOM_UTF8) :], None
        for magic, words in _FOREIGN.items():
            if start.startswith(magic):
                raise _binary(self.path, words)
        encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else self.encoding
        if codecs.lookup(encoding).name in _PASS_THROUGH:
            return start, None
        return start, codecs.getincrementaldecoder(encoding)(errors="replace")

    def _plain(self) -> Iterator[bytes]:
        """Bytes after unpacking; the first one is never empty."""
        with self.path.open("rb") as file:
            data = self._next(file)
            if data.startswith(_GZIP):
                yield from self._inflate(file, data)
                return
            while data:
                yield data
                data = self._next(file)

    def _next(self, file: BinaryIO) -> bytes:
        data = file.read(CHUNK_BYTES)
        self.bytes_done += len(data)
        return data

    def _inflate(self, file: BinaryIO, data: bytes) -> Iterator[bytes]:
        """Members of a gzip file one after the other; zeros after the last one are padding."""
        engine = zlib.decompressobj(wbits=31)
        while True:
            before = engine.copy()
            try:
                text = engine.decompress(data, CHUNK_BYTES)
            except zlib.error as error:
                yield from _salvaged(before, data)
                self.damage = _WRONG_SUM if str(error).endswith(_SUMS) else f"damaged gzip data ({error})"
                return
            if text:
                yield text
            data = engine.unused_data.lstrip(b"\0") if engine.eof else engine.unconsumed_tail
            # With no input left zlib may still hold output: only an empty answer means that it needs more.
            if not data and (engine.eof or not text):
                data = self._next(file)
                if not data:
                    self.damage = "" if engine.eof else "the gzip data ends early"
                    return
            if engine.eof:
                data = data.lstrip(b"\0")
                if data and not data.startswith(_GZIP[: len(data)]):
                    self.damage = "something else follows the gzip data"
                    return
                if data:
                    engine = zlib.decompressobj(wbits=31)


def _salvaged(engine: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """What can be unpacked before the damage, to the byte."""
    for size in (1 << 14, 1 << 7, 1):
        while True:
            before = engine.copy()
            try:
                text = engine.decompress(data, size)
            except zlib.error:
                engine = before
                break
            if not text:
                return
            yield text
            data = engine.unconsumed_tail


def _with_newlines(texts: Iterator[bytes]) -> Iterator[bytes]:
    """CRLF and lone CR as LF, also where a CRLF is cut in two."""
    held = b""
    for text in texts:
        text = held + text
        held = b"\r" if text.endswith(b"\r") else b""
        if b"\r" in text:
            text = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield text
    if held:
        yield b"\n"


def _refuse_binary(path: Path, text: bytes) -> None:
    controls = len(text) - len(text.translate(None, _CONTROLS))
    if b"\0" in text or controls > _CONTROLS_MAX_SHARE * len(text):
        raise _binary(path, "NUL bytes" if b"\0" in text else "control characters")


def _binary(path: Path, words: str) -> ReadError:
    return ReadError(f"{path}: not a text file ({words})", mend="export the recording as a text table, such as CSV")


def _cannot_read(path: Path, error: OSError) -> ReadError:
    if isinstance(error, FileNotFoundError):
        return ReadError(f"{path}: no such file", mend="check the path")
    if isinstance(error, IsADirectoryError):
        return ReadError(f"{path}: is a folder", mend="give a file in it, or the common stem of its files")
    return ReadError(f"{path}: cannot be read: {error.strerror or error}", mend="check the file and its permissions")
