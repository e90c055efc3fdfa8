"""The same for people."""

from __future__ import annotations

from math import isfinite

from evenside.cli.status_facts import NodeState, SessionStatus, SinkStatus, Status
from evenside.cli.text import bytes_text, duration_text, table_text, time_text

__all__ = ["status_text"]

STALE_S = 30.0  # live.json is written every few seconds


def status_text(status: Status) -> str:
    return "\n".join([*_head(status), *(line for session in status.sessions for line in _session(session))])


def _head(status: Status) -> list[str]:
    if status.daemon_pid is None:
        daemon = "no daemon runs (`evenside run` starts one)"
    else:
        daemon = f"a daemon runs, process {status.daemon_pid}"
        if status.daemon_silent_s > STALE_S:
            daemon += f"; it has not moved for {duration_text(status.daemon_silent_s)}: look at its log, or restart it"
    store = f"{status.store} ({bytes_text(status.store_bytes)})"
    return [
        daemon,
        f"store       {store if status.store_state != 'none' else status.store_words}",
        *([f"            {status.store_words}"] if status.store_state not in ("ok", "none") else []),
        f"recordings  {status.recordings} ({status.recordings_count}, {bytes_text(status.recordings_bytes)})",
        f"outbox      {'not used' if status.outbox_depth is None else f'{status.outbox_depth} lines wait'}",
        *(f"            {_sink(sink)}" for sink in status.sinks),
    ]


def _sink(sink: SinkStatus) -> str:
    counts = [f"{sink.waiting} wait", f"{sink.dead} refused", f"{sink.dropped} dropped"]
    said = ", ".join(text for text in counts if not text.startswith("0 ") or text == counts[0])
    state = f" ({sink.state})" if sink.state not in ("", "ok") else ""
    words = "; ".join(line.strip() for line in sink.words.splitlines())
    return f"{sink.name}{state}: {said}{'; ' if words else ''}{words}"


def _session(session: SessionStatus) -> list[str]:
    name = f" {session.name!r}" if session.name else ""
    lines = ["", f"{session.wearer}: {session.kind}{name} {session.state}, since {time_text(session.started_ns)}"]
    if session.state == "killed":
        lines.append("  it was cut off; what had been stored until then is all there")
    if session.trouble:
        lines.append(f"  {session.trouble}")
    lines += [f"  {line}" for line in _nodes(session.nodes).splitlines()]
    if session.sync is not None:
        lines.append(f"  clocks, {time_text(session.sync.at_ns)}: {session.sync.detail}")
    lines += [f"  alert {alert.rule} since {time_text(alert.since_ns)}: {alert.words}" for alert in session.alerts]
    if session.figures:
        what = "figures of the session" if session.figures_of == "session" else "last figures"
        lines.append(f"  {what}, {time_text(max(found.at_ns for found in session.figures))}:")
        lines += [f"    {found.figure.site}: {found.words}" for found in session.figures]
    else:
        lines.append("  no figure yet")
    if session.events:
        lines.append("  last events:")
    for event in session.events:
        detail = event.detail.replace("\n", "; ")
        where = f"{event.node} " if event.node else ""
        lines.append(f"    {time_text(event.at_ns)} {where}{event.kind}{': ' if detail else ''}{detail}")
    return lines


def _nodes(nodes: tuple[NodeState, ...]) -> str:
    header = ("node", "worn", "link", "Hz", "lost", "clock error", "battery")
    return table_text(header, [_node(node) for node in nodes])


def _node(node: NodeState) -> tuple[str, ...]:
    link = node.link or ("heard" if isfinite(node.silent_s) else "not known")
    if node.silent_s > 5.0:
        link = f"silent for {duration_text(node.silent_s)}"
    return (
        *(node.id, f"{node.side} {node.site}", link, _number(node.rate_hz, "{:.1f}")),
        *(_number(100.0 * node.lost, "{:.1f} %"), _number(1000.0 * node.sync_error_s, "{:.2f} ms")),
        _number(node.battery_percent, "{:.0f} %"),
    )


def _number(value: float, form: str) -> str:
    return form.format(value) if isfinite(value) else ""
