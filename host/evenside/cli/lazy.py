"""A group of commands whose modules are imported only when their command is called.

Strategy: the names, the modules and the short help stand in one table, so that the list of commands costs no import. A
command is listed where its module is there. This is also the one place where errors become words: what a person can
mend is printed without a traceback and decides the exit code, an interrupt exits with 130.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from evenside.errors import EvensideError

__all__ = ["Entry", "LazyGroup"]

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as every shell has it


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is (``module:attribute``) and what it does, in a few words."""

    place: str
    help: str

    @property
    def module(self) -> str:
        return self.place.partition(":")[0]


class LazyGroup(click.Group):
    """The group at the top. ``entries`` in the order in which they are listed."""

    def __init__(self, *, entries: Mapping[str, Entry], **settings: Any) -> None:
        super().__init__(**settings)
        self._entries = {name: entry for name, entry in entries.items() if find_spec(entry.module)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._entries:
            return None
        entry = self._entries[cmd_name]
        command = getattr(import_module(entry.module), entry.place.partition(":")[2])
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.place} is no command")
        command.short_help = entry.help
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, entry.help) for name, entry in self._entries.items()]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self._entries and not name.startswith("-"):
            close = get_close_matches(name, self._entries, 1)
            hint = f"did you mean {close[0]}?" if close else f"commands are {', '.join(self._entries)}"
            raise click.UsageError(f"there is no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EvensideError as error:
            if ctx.params.get("debug"):
                traceback.print_exception(error)
            click.echo(f"error: {error}", err=True)
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo(err=True)  # ends the line with the ^C
            ctx.exit(EXIT_INTERRUPTED)
