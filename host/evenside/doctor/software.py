"""Python, the packages this program stands on, and the terminal it speaks to."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping
from importlib import import_module, metadata
from typing import TextIO

from evenside.doctor.check import Check

__all__ = ["check_packages", "check_python", "check_terminal"]

_MODULES = {"pyserial": "serial"}  # where the module is not called like its distribution
_REINSTALL = "install again: python -m pip install --force-reinstall evenside"


def check_python() -> Check:
    """The interpreter."""
    words = f"{platform.python_version()}, {platform.machine()}, {sys.executable}"
    if sys.maxsize < 2**32:
        return Check("python", "warn", f"{words}, 32 bit", "use a 64-bit system: pyarrow has no packages for 32 bit")
    return Check("python", "ok", words)


def check_packages(distribution: str = "evenside") -> Check:
    """Every package that is required can be imported."""
    try:
        requirements = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return Check("packages", "fail", f"{distribution} itself is not installed as a package", _REINSTALL)
    names = [re.split(r"[ ;<>=!~\[]", requirement)[0] for requirement in requirements if "extra ==" not in requirement]
    versions, broken = [], []
    for name in names:
        try:
            import_module(_MODULES.get(name, name.replace("-", "_")))
            versions.append(f"{name} {metadata.version(name)}")
        except (ImportError, OSError) as error:
            broken.append(f"{name} does not import ({error})")
    if broken:
        return Check("packages", "fail", "; ".join(broken), _REINSTALL)
    return Check("packages", "ok", ", ".join(versions))


def check_terminal(stream: TextIO, environ: Mapping[str, str]) -> Check:
    """Whether signs such as ± and m/s² arrive, and whether live figures can be drawn."""
    encoding = (stream.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        words = f"output is encoded as {stream.encoding}: signs such as ± come out as ?"
        return Check("terminal", "warn", words, "export LC_ALL=C.UTF-8, or set LANG to a UTF-8 locale")
    if not stream.isatty():
        return Check("terminal", "ok", "UTF-8, output goes to a file or a pipe")
    if environ.get("TERM", "dumb") == "dumb":
        return Check(
            "terminal", "warn", "TERM is dumb: no live figures", "use a terminal, or export TERM=xterm-256color"
        )
    return Check("terminal", "ok", f"UTF-8, {environ['TERM']}")
