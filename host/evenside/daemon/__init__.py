"""The daemon: all wearers of a plan, live, into the store and the raw recording.

``plan_of`` makes a plan of evenside.toml, ``Daemon(plan, listeners).run()`` carries it out. Everything that happens is
told to the listeners as ``Told`` values; a display is a listener.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evenside.daemon.foresight import Provisional
    from evenside.daemon.intake import Opener
    from evenside.daemon.live_file import LiveNode, LiveSession, LiveSink, LiveState, read_live
    from evenside.daemon.lock import daemon_of
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
    "LiveSink",
    "LiveState",
    "Opener",
    "Outcome",
    "Provisional",
    "SessionOutcome",
    "SessionPlan",
    "Told",
    "daemon_of",
    "plan_of",
    "read_live",
    "stop_on_signals",
]

_MODULES = {
    "foresight": ("Provisional",),
    "intake": ("Opener",),
    "live_file": ("LiveNode", "LiveSession", "LiveSink", "LiveState", "read_live"),
    "lock": ("daemon_of",),
    "outcome": ("Outcome", "SessionOutcome"),
    "plan": ("DaemonPlan", "SessionPlan", "plan_of"),
    "running": ("Daemon",),
    "signals": ("stop_on_signals",),
    "timings": ("DaemonTimings",),
    "told": ("Happening", "Listener", "Told"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """Names are imported when they are asked for: who only asks whether a daemon runs needs no analysis."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
