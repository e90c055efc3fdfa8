"""The other databases of evenside.toml: token and certificates, whether the server takes lines, what it would lose.

What is sent is one comment of line protocol: a server checks address, token and bucket by it, and stores nothing.
"""

from __future__ import annotations

from dataclasses import replace

from evenside.config import SinkConfig
from evenside.doctor.check import Check
from evenside.errors import ConfigError
from evenside.series import Server, SinkPlan, Transport, sink_plan

__all__ = ["check_sink"]

TIMEOUT_S = 3.0  # of a request, of which there are two
_PROBE = b"# evenside doctor"


def check_sink(sink: SinkConfig) -> Check:
    """One ``[[sink]]``. Waits for its server no longer than twice ``TIMEOUT_S``."""
    name = f"sink {sink.id}"
    try:
        plan = sink_plan(sink)
        transport = plan.kind.open(replace(plan.request, timeout_s=TIMEOUT_S))
    except ConfigError as error:
        # A service has an environment of its own.
        return Check(name, "warn" if sink.token_env else "fail", error.what, error.mend)
    try:
        return _asked(name, plan, transport)
    finally:
        transport.close()


def _asked(name: str, plan: SinkPlan, transport: Transport) -> Check:
    answer = transport.send(_PROBE)
    if answer.outcome in ("busy", "stopped"):
        return Check(name, "warn" if answer.outcome == "busy" else "fail", answer.words, answer.mend)
    words = f"{plan.request.url} takes lines"
    if plan.kind.durable:
        return Check(name, "ok", words)
    server = transport.server()
    if not isinstance(server, Server) or not server.start:
        return Check(
            name,
            "warn",
            f"{words}, but does not tell when it was started: what it forgets in a crash is not sent again",
            "let evenside read /metrics there",
        )
    if server.notes:
        note, _, mend = server.notes[0].partition("\n  mend: ")
        return Check(name, "warn", f"{words}, but {note}", mend)
    return Check(name, "ok", words)
