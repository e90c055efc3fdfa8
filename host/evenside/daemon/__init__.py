"""The daemon: all wearers of a plan, live, into the store and the raw recording.

``plan_of`` makes a plan of evenside.toml, ``Daemon(plan, listeners).run()`` carries it out. Everything that happens is
told to the listeners as ``Told`` values; a display is a listener.
"""

from __future__ import annotations

from evenside.daemon.intake import Opener
from evenside.daemon.live_file import LiveNode, LiveSession, LiveState, read_live
from evenside.daemon.lock import holder as daemon_of
from evenside.daemon.outcome import Outcome, SessionOutcome
from evenside.daemon.plan import DaemonPlan, SessionPlan, plan_of
from evenside.daemon.running import Daemon
from evenside.daemon.signals import stop_on_signals
from evenside.daemon.timings import DaemonTimings
from evenside.daemon.told import Happening, Listener, Told

__all__ = [
    "Daemon",
    "DaemonPlan",
    "DaemonTimings",
    "Happening",
    "Listener",
    "LiveNode",
    "LiveSession",
    "LiveState",
    "Opener",
    "Outcome",
    "SessionOutcome",
    "SessionPlan",
    "Told",
    "daemon_of",
    "plan_of",
    "read_live",
    "stop_on_signals",
]
