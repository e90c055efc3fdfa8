"""The configuration: one evenside.toml, read once into frozen values."""

from __future__ import annotations

from evenside.config.values import Config, FigureConfig, NodeConfig, RecordingConfig, StoreConfig, WearerConfig

__all__ = ["Config", "FigureConfig", "NodeConfig", "RecordingConfig", "StoreConfig", "WearerConfig"]
