"""The configuration: one evenside.toml, read once into frozen values. Nothing in it is ignored, nothing is guessed.

``load_config`` finds and reads it, ``notes_on`` tells what is allowed but costs figures, ``example_config`` is a whole
file to start from. The README prints the table of every key from ``evenside.config.reference``.
"""

from __future__ import annotations

from evenside.config.find import config_places, find_config, load_config
from evenside.config.parse import default_data, parse_config
from evenside.config.reference import example_config
from evenside.config.sides import notes_on
from evenside.config.sinks import is_local
from evenside.config.values import (
    AlertsConfig,
    Config,
    FigureConfig,
    NodeConfig,
    NotifyConfig,
    RecordingConfig,
    Route,
    SinkConfig,
    StoreConfig,
    WearerConfig,
)

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
    "config_places",
    "default_data",
    "example_config",
    "find_config",
    "is_local",
    "load_config",
    "notes_on",
    "parse_config",
]
