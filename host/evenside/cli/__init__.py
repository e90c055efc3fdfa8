"""The command line: ``evenside COMMAND``. Each command is a module of its own here, imported when it is called.

Commands are thin: they read options, call the rooms below, and print. What is for a program goes to stdout (one JSON
object with ``--json``), what is for the person watching (progress, notes, errors) to stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from evenside import __version__
from evenside.cli.lazy import Entry, LazyGroup

__all__ = ["COMMANDS", "evenside", "main"]

COMMANDS = {
    "demo": Entry("evenside.cli.demo:demo", "Watch a simulated wearer with a known asymmetry being measured."),
    "run": Entry("evenside.cli.run:run", "The monitor: all wearers and nodes of evenside.toml."),
    "status": Entry("evenside.cli.status:status", "Nodes, last figures, alerts, and how the store is doing."),
    "capture": Entry(
        "evenside.cli.capture:capture", "A named session with live figures and markers, then its figures."
    ),
    "analyse": Entry("evenside.cli.analyse:analyse", "Figures of recordings, of this or any other maker."),
    "replay": Entry("evenside.cli.replay:replay", "A recording through the monitor, as if it came in live."),
    "query": Entry("evenside.cli.query:query", "A metric over days or years: a table, CSV, or a picture of text."),
    "dashboards": Entry("evenside.cli.dashboards:dashboards", "Dashboards and alert rules for Grafana."),
    "store": Entry("evenside.cli.store:store", "Look after the store: check, back up, bring back, prune, compact."),
    "validate": Entry("evenside.cli.validate:validate", "Scores of the detectors against annotated recordings."),
    "calibrate": Entry(
        "evenside.cli.calibrate:calibrate", "Zeros, gains and biases of the sensors: tare, scale, static, swap."
    ),
    "outbox": Entry("evenside.cli.outbox:outbox", "What waits for other databases, and what they refused."),
    "alerts": Entry("evenside.cli.alerts:alerts", "What was said to people, and what they want to hear of it."),
    "habits": Entry("evenside.cli.habits:habits", "What is done on one side, over days, and how sure that is."),
    "rules": Entry("evenside.cli.rules:rules", "What the rules of evenside.toml would have said of a recording."),
    "scan": Entry("evenside.cli.scan:scan", "The sensors in reach, as lines for evenside.toml."),
    "setup": Entry("evenside.cli.setup:setup", "Which sensor is on which side, shown by moving, into evenside.toml."),
    "doctor": Entry("evenside.cli.doctor:doctor", "What is wrong with this machine and its setup, and the mend."),
    "service": Entry("evenside.cli.service:service", "Run the monitor as a service of this user."),
}


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`evenside COMMAND --help` tells more about each.",
)
@click.option("--debug", is_flag=True, envvar="EVENSIDE_DEBUG", help="Show the traceback of an error too.")
@click.version_option(__version__, prog_name="evenside", message="%(prog)s %(version)s")
def evenside(debug: bool) -> None:
    """Which side of the body carries the load, and how sure that is.

    Sensors worn left and right give a left/right figure with its error: live, in a session, or from a recording.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """The program. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without "±" shall still show the rest
    try:
        evenside.main(arguments, prog_name="evenside")
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 1
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has read enough; nothing more can be said to them
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code
