"""What evenside.toml says, as values. Every key has a default here or must stand in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from evenside_analysis.limits import Limit
from evenside_analysis.nudge import NudgeSettings
from evenside_analysis.settings import MonitorSettings, Trust
from evenside_analysis.types import Node, Site

__all__ = [
    "AlertsConfig",
    "Config",
    "FigureConfig",
    "NodeConfig",
    "NotifyConfig",
    "RecordingConfig",
    "Route",
    "SinkConfig",
    "StoreConfig",
    "WearerConfig",
]


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """One ``[[wearer.node]]``: the sensor, the URL of its source, and the device that it must be ("" for any).

    ``device`` is the kind of that device, an id of ``evenside.devices`` or "evenside"; "" where it shows by itself.
    """

    node: Node
    source: str
    serial: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class FigureConfig:
    """``[figures]``: every ``hop_s`` a figure of the last ``window_s``."""

    window_s: float = 60.0
    hop_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Route:
    """Where the alerts of a rule go: ids of ``[[notify]]``, None for all. ``cooldown_s``: the least time from one that
    was raised to the next that is sent. ``buzz``: the node of that side lights up and buzzes too.
    """

    rule: str
    notify: tuple[str, ...] | None = None
    cooldown_s: float = 0.0
    buzz: bool = False


@dataclass(frozen=True, slots=True)
class WearerConfig:
    """One ``[[wearer]]``."""

    id: str
    nodes: tuple[NodeConfig, ...]
    limits: tuple[Limit, ...] = ()  # [[wearer.alert]]
    zone: str = ""  # whose hours and days are the wearer's; "" is that of the machine
    nudges: tuple[NudgeSettings, ...] = ()  # [[wearer.nudge]]
    routes: tuple[Route, ...] = ()  # of alerts and nudges

    def monitor(self, config: Config) -> MonitorSettings:
        """What the analysis of this wearer is set to."""
        return MonitorSettings(
            nodes=tuple(node.node for node in self.nodes),
            window_s=config.figures.window_s,
            hop_s=config.figures.hop_s,
            limits=self.limits,
            trust=config.trust,
            nudges=self.nudges,
        )


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """``[store]``: the SQLite file; None is ``store.sqlite`` in the data folder.

    For how many days figures of single windows, roll-ups by hour, and events, alerts and status of nodes are kept; None
    is for ever. Roll-ups by day and the figures of whole sessions always are.
    """

    path: Path | None = None
    max_mb: float | None = None
    keep_figures_days: float | None = None
    keep_hours_days: float | None = None
    keep_events_days: float | None = None


@dataclass(frozen=True, slots=True)
class RecordingConfig:
    """``[recording]``: whether raw samples are kept, where (None: ``recordings`` in the data folder), and how much."""

    enabled: bool = True
    path: Path | None = None
    max_mb: float | None = None


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """One ``[[sink]]``. ``token_env`` and ``token_file`` say where the token is; without either none is sent.

    ``max_mb`` and ``max_days`` bound what may wait; None: as old as it becomes.
    """

    id: str
    kind: str
    url: str
    bucket: str = "evenside"
    org: str = ""
    token_env: str = ""
    token_file: Path | None = None
    ca_file: Path | None = None
    max_mb: float = 500.0
    max_days: float | None = None


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """One ``[[notify]]``: a way to tell somebody of alerts. Secrets are where ``token_env`` or ``token_file`` say."""

    id: str
    kind: str
    url: str = ""
    topic: str = "evenside"
    token_env: str = ""
    token_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class AlertsConfig:
    """``[alerts]``: minutes of the local day between which nothing is sent, and how much may be.

    ``quiet`` is (from, to), None where there are no quiet hours. ``changes_per_week`` bounds what is sent of changes
    over days, all metrics together; the others wait for the digest at ``digest_minute``.
    """

    quiet: tuple[int, int] | None = None
    changes_per_week: int = 1
    digest_minute: int = 18 * 60


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. ``data`` is the folder for everything that is written."""

    path: Path
    data: Path
    wearers: tuple[WearerConfig, ...]
    figures: FigureConfig = FigureConfig()
    store: StoreConfig = StoreConfig()
    recording: RecordingConfig = RecordingConfig()
    trust: tuple[tuple[Site, Trust], ...] = field(default=())  # [trust.insole] ln_gain_sd, zero_error_n
    sinks: tuple[SinkConfig, ...] = ()
    notify: tuple[NotifyConfig, ...] = ()
    alerts: AlertsConfig = AlertsConfig()

    @property
    def store_path(self) -> Path:
        return self.store.path or self.data / "store.sqlite"

    @property
    def recordings_path(self) -> Path:
        return self.recording.path or self.data / "recordings"
