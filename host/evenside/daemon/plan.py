"""What a daemon is to do, as values: made from evenside.toml, or in code by ``demo``, ``capture`` and ``replay``."""

from __future__ import annotations

import dataclasses
import json
import math
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from evenside.calibration.file import read_calibrations
from evenside.calibration.force import session_force
from evenside.config import Config, NodeConfig, WearerConfig
from evenside.daemon.timings import DaemonTimings
from evenside.errors import ConfigError
from evenside.notify.gate import Gate
from evenside.notify.target import target_plan
from evenside.recording import RecordingSettings
from evenside.series import SendSettings, SinkPlan, sink_plan
from evenside.sources import parse_source_url
from evenside.store import Retention, SessionKind, StoreSettings
from evenside_analysis.calibration import UNCALIBRATED, InForce, calibrated
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Node

__all__ = ["DaemonPlan", "SessionPlan", "plan_of", "session_id", "settings_to_json"]


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """One wearer. ``live``: session seconds are seconds of this world; False where a source may play faster or slower.

    ``started_ns`` is the UTC time of session second 0; None: when the daemon begins. ``in_force``: what of ``monitor``
    comes from calibrations; the recording keeps it beside the raw samples.
    """

    wearer: str
    nodes: tuple[NodeConfig, ...]
    monitor: MonitorSettings
    kind: SessionKind = "run"
    name: str = ""
    live: bool = True
    started_ns: int | None = None
    in_force: InForce = UNCALIBRATED
    zone: str = ""  # "": that of the machine

    @property
    def worn(self) -> tuple[Node, ...]:
        return tuple(node.node for node in self.nodes)


@dataclass(frozen=True, slots=True)
class DaemonPlan:
    """``data`` is the folder that the daemon holds. ``recordings``: None where raw samples are not kept.

    ``seconds``: None to go on until the sources end or somebody stops it.
    """

    data: Path
    store: Path
    recordings: Path | None
    sessions: tuple[SessionPlan, ...]
    seconds: float | None = None
    store_settings: StoreSettings = field(default_factory=StoreSettings)
    recording_settings: RecordingSettings = field(default_factory=RecordingSettings)
    timings: DaemonTimings = field(default_factory=DaemonTimings)
    retention: Retention = field(default_factory=Retention)
    sinks: tuple[SinkPlan, ...] = ()
    send_settings: SendSettings = field(default_factory=SendSettings)
    notify: tuple[SinkPlan, ...] = ()  # the ways to tell somebody of alerts, and who shall hear of what
    gate: Gate = field(default_factory=Gate)


def plan_of(
    config: Config,
    *,
    wearers: Sequence[str] = (),
    kind: SessionKind = "run",
    name: str = "",
    seconds: float | None = None,
    started_ns: int | None = None,
) -> DaemonPlan:
    """The plan for all wearers of a configuration, or for the named ones.

    A wearer with a source that plays faster or slower than life, by the option ``speed`` of its URL, is not live. What
    the data folder knows of calibrations holds as it does at this moment.

    Raises:
        ConfigError: a wearer is not there, the settings do not fit together, a size is too small, or the token of a
            sink cannot be read.
        CalibrationError: what the data folder keeps of calibrations cannot be read.
    """
    known = [wearer.id for wearer in config.wearers]
    for wanted in wearers:
        if wanted not in known:
            raise ConfigError(
                f"{config.path} has no wearer {wanted!r}", mend=f"take one of {', '.join(known) or '(none is there)'}"
            )
    chosen = [wearer for wearer in config.wearers if not wearers or wearer.id in wearers]
    if not chosen:
        raise ConfigError(f"{config.path} has no wearer", mend="add a [[wearer]] with its nodes; `evenside scan` helps")
    calibrations, now_ns = read_calibrations(config.data), time.time_ns()
    try:
        sessions = tuple(
            _session(
                config,
                wearer,
                session_force(wearer.nodes, wearer.id, calibrations, now_ns, kind),
                kind,
                name,
                started_ns,
            )
            for wearer in chosen
        )
        store_settings = StoreSettings(bytes_max=_bytes(config.store.max_mb))
        keep = config.store
        retention = Retention(keep.keep_figures_days, keep.keep_hours_days, keep.keep_events_days)
        recording_settings = RecordingSettings(bytes_max=_bytes(config.recording.max_mb))
    except ValueError as error:
        raise ConfigError(f"{config.path}: {error}", mend="change it there") from error
    recordings = config.recordings_path if config.recording.enabled else None
    return DaemonPlan(
        *(config.data, config.store_path, recordings, sessions, seconds, store_settings, recording_settings),
        sinks=tuple(map(sink_plan, config.sinks)),
        retention=retention,
        notify=tuple(map(target_plan, config.notify)) if kind == "run" else (),
        gate=_gate(config) if kind == "run" else Gate(),
    )


def _gate(config: Config) -> Gate:
    routes = {(wearer.id, route.rule): route for wearer in config.wearers for route in wearer.routes}
    return Gate(tuple(entry.id for entry in config.notify), routes, config.alerts)


def _session(
    config: Config, wearer: WearerConfig, force: InForce, kind: SessionKind, name: str, started_ns: int | None
) -> SessionPlan:
    monitor = calibrated(wearer.monitor(config), force)
    return SessionPlan(wearer.id, wearer.nodes, monitor, kind, name, _live(wearer), started_ns, force, wearer.zone)


def _live(wearer: WearerConfig) -> bool:
    urls = {node.source for node in wearer.nodes}
    return all(parse_source_url(url).options.get("speed", "1") == "1" for url in urls)


def session_id(started_ns: int) -> str:
    """An id that sorts by the start, and that no other session has: the second in UTC and 48 random bits."""
    return f"{datetime.fromtimestamp(started_ns // 1_000_000_000, UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(6)}"


def settings_to_json(settings: MonitorSettings, nodes: Sequence[NodeConfig] = ()) -> str:
    """All that the analysis is set to, and the serial number of each node's device where evenside.toml names it.

    Infinities stand there as text, because JSON has no word for them.
    """
    serials = {entry.node.id: entry.serial for entry in nodes if entry.serial}
    return json.dumps(_plain({**dataclasses.asdict(settings), "serials": serials}), allow_nan=False)


def _plain(value: object) -> object:
    match value:
        case dict():
            return {str(key): _plain(cell) for key, cell in value.items()}
        case list() | tuple():
            return [_plain(cell) for cell in value]
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def _bytes(size_mb: float | None) -> int | None:
    return None if size_mb is None else round(size_mb * 1e6)
