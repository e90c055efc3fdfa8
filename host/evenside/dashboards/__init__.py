"""Dashboards and alert rules for Grafana, made from the catalogue for InfluxDB, VictoriaMetrics or the store itself.

``provisioning_files`` gives the files of a provisioning folder. Pure: nothing here reads a file or asks a server.
"""

from __future__ import annotations

from evenside.dashboards.alerting import alert_rules
from evenside.dashboards.boards import BOARDS, dashboard
from evenside.dashboards.folder import Place, provisioning_files
from evenside.dashboards.influxql import InfluxQL
from evenside.dashboards.language import Language
from evenside.dashboards.promql import PromQL
from evenside.dashboards.sqlite import Sqlite

__all__ = [
    "BOARDS",
    "InfluxQL",
    "Language",
    "Place",
    "PromQL",
    "Sqlite",
    "alert_rules",
    "dashboard",
    "provisioning_files",
]
