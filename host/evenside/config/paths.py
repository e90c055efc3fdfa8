"""Keys that name a file or a folder: relative to where evenside.toml lies, with ``~`` for a home."""

from __future__ import annotations

from pathlib import Path

from evenside.readers.toml_section import Section

__all__ = ["path_key"]


def path_key(section: Section, name: str, folder: Path, what: str = "a file") -> Path | None:
    """The path that the key names, None where it names none.

    Raises:
        ConfigError: its ``~`` is nobody's home.
    """
    text = section.text(name, "")
    try:
        return folder / Path(text).expanduser() if text else None
    except RuntimeError:
        raise section.wrong(name, f"{what} whose ~ is a known home") from None
