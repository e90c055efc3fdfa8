"""What stands in the way of a good recording, looked for before the first one: each with its mend.

Nothing is changed by looking, no device is opened, and of the network only the configured sinks are asked.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from evenside.config import Config, config_places, default_data
from evenside.doctor.bluetooth import check_bluetooth, configured_adapters
from evenside.doctor.check import Check, State
from evenside.doctor.machine import (
    check_clock,
    check_lingering,
    check_ports,
    check_service,
    clock_error_s,
    configured_ports,
)
from evenside.doctor.setup import check_config, check_data, check_disk, check_recordings, check_store
from evenside.doctor.sinks import check_sink
from evenside.doctor.software import check_packages, check_python, check_terminal
from evenside.errors import ServiceError
from evenside.service import plan_here, user_name

__all__ = ["Check", "State", "examine"]


def examine(path: Path | None = None) -> list[Check]:
    """Every check, in the order in which things depend on each other. Never raises for what it finds."""
    first, config = check_config(path)
    return [
        check_python(),
        check_packages(),
        first,
        *_disk(config),
        check_ports(configured_ports(config)),
        *check_bluetooth(configured_adapters(config)),
        check_clock(clock_error_s()),
        *_service(config),
        *(check_sink(sink) for sink in (config.sinks if config else ())),
        check_terminal(sys.stdout, os.environ),
    ]


def _disk(config: Config | None) -> list[Check]:
    data = config.data if config else default_data()
    recordings = config.recordings_path if config else data / "recordings"
    return [
        check_data(data),
        check_disk(recordings, config),
        check_store(config.store_path if config else data / "store.sqlite"),
        check_recordings(recordings),
    ]


def _service(config: Config | None) -> list[Check]:
    try:
        found = plan_here(config.path if config else config_places()[-1])
    except ServiceError as error:
        return [Check("service", "unknown", error.what, error.mend)]
    return [check_service(found), check_lingering(found, user_name())]
