"""A token, from the environment or from a file that only this user can read. It is never logged and never kept.

It is read anew whenever a connection is opened: a token that was exchanged counts without a restart.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evenside.errors import ConfigError

__all__ = ["Secret"]


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a token is: in an environment variable, in a file, or (both empty) nowhere because none is needed."""

    env: str = ""
    file: Path | None = None

    def read(self, environ: Mapping[str, str] = os.environ) -> str:
        """The token; "" where none is needed.

        Raises:
            ConfigError: it is not there, it is empty, or others can read the file.
        """
        if self.env:
            token = environ.get(self.env, "").strip()
            place = f"the environment variable {self.env}"
            mend = f"set {self.env} for the daemon; for a service in its EnvironmentFile"
        elif self.file is not None:
            token, place, mend = self._from_file(self.file), f"the file {self.file}", "write the token into it"
        else:
            return ""
        if not token:
            raise ConfigError(f"{place} holds no token", mend=mend)
        if not token.isascii() or not token.isprintable():
            raise ConfigError(f"{place} holds something that can be no token", mend="one line of plain characters")
        return token

    def _from_file(self, file: Path) -> str:
        try:
            with file.open("rb") as opened:
                mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
                if mode & 0o077:
                    raise ConfigError(
                        f"the token file {file} has mode {mode:04o}: others could read it", mend=f"chmod 600 {file}"
                    )
                return opened.read(65536).decode("ascii", "replace").strip()
        except OSError as error:
            raise ConfigError(
                f"the token file {file} cannot be read: {error.strerror}", mend="create it with mode 0600"
            ) from error
