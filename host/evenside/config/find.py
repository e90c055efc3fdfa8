"""Where evenside.toml lies, and reading it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from evenside.config.parse import home_folder, parse_config
from evenside.config.values import Config
from evenside.errors import ConfigError

__all__ = ["config_places", "find_config", "load_config"]

NAME = "evenside.toml"
MAKE_ONE = f"`evenside scan > {NAME}` makes one from the nodes in reach; README.md lists every key"


def config_places(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The files looked for, in this order; ``$EVENSIDE_CONFIG`` stands alone where it is set."""
    if environ.get("EVENSIDE_CONFIG"):
        return (Path(environ["EVENSIDE_CONFIG"]),)
    base = environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if Path(base).is_absolute() else home_folder() / ".config"
    return (Path(NAME), home / "evenside" / NAME)


def find_config(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The first of the places where a file is; the one that ``$EVENSIDE_CONFIG`` names even if there is none."""
    places = config_places(environ)
    return next((place for place in places if len(places) == 1 or place.is_file()), None)


def load_config(path: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Config:
    """Read ``path``, or the first file found at the usual places.

    Raises:
        ConfigError: there is none, it cannot be read, or something in it is wrong.
    """
    found = path or find_config(environ)
    if found is None:
        looked = ", ".join(str(place) for place in config_places(environ))
        raise ConfigError(f"there is no {NAME}: looked for {looked} ($EVENSIDE_CONFIG is not set)", mend=MAKE_ONE)
    try:
        text = found.read_text("utf-8-sig")
    except FileNotFoundError as error:
        named = "" if path else " ($EVENSIDE_CONFIG names it)"
        raise ConfigError(f"{found}: there is no such file{named}", mend=MAKE_ONE) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{found}: not UTF-8 text (byte {error.start})", mend="save the file as UTF-8") from error
    except OSError as error:
        mend = f"give the file, not its folder: {found / NAME}" if found.is_dir() else "make it readable for this user"
        raise ConfigError(f"{found}: cannot be read: {error.strerror}", mend=mend) from error
    return parse_config(text, found, environ=environ)
