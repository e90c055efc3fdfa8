"""The files of a provisioning folder of Grafana: data source, dashboards and where they lie, alert rules.

All are JSON, which is YAML too, so that no writer of YAML is needed. Secrets are never in them: a token stands in a
file that Grafana reads by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from evenside.dashboards.alerting import alert_rules
from evenside.dashboards.boards import BOARDS, UID, dashboard
from evenside.dashboards.language import Json, Language

__all__ = ["MOUNTED", "Place", "provisioning_files"]

MOUNTED = "/etc/grafana/provisioning/dashboards/evenside"


@dataclass(frozen=True, slots=True)
class Place:
    """Where Grafana finds the series.

    ``url`` of the server, or path of the store's file as Grafana sees it. ``bucket``: of InfluxDB. ``token_file``: as
    Grafana sees it, "" for none. ``mounted``: where Grafana sees the dashboards.
    """

    url: str
    bucket: str = "evenside"
    token_file: str = ""
    mounted: str = MOUNTED


def provisioning_files(language: Language, place: Place, *, zone: str = "browser", kind: str = "run") -> dict[str, str]:
    """Content by path below the provisioning folder."""
    provider: Json = {
        "apiVersion": 1,
        "providers": [
            {
                "name": "evenside",
                "orgId": 1,
                "folder": "evenside",
                "type": "file",
                "disableDeletion": False,
                "allowUiUpdates": True,
                "options": {"path": place.mounted},
            }
        ],
    }
    files: dict[str, Json] = {
        "datasources/evenside.yaml": {"apiVersion": 1, "datasources": [_source(language, place)]},
        "dashboards/evenside.yaml": provider,
        "alerting/evenside.yaml": alert_rules(language),
    }
    for board in BOARDS:
        files[f"dashboards/evenside/{board}.json"] = dashboard(board, language, zone=zone, kind=kind)
    return {path: json.dumps(content, indent=1, ensure_ascii=False) + "\n" for path, content in files.items()}


def _source(language: Language, place: Place) -> Json:
    source: Json = {
        "name": "evenside",
        "uid": UID,
        "type": language.plugin,
        "access": "proxy",
        "editable": False,
        "url": place.url,
    }
    match language.name:
        case "influxdb":
            source["jsonData"] = {"dbName": place.bucket, "httpMode": "POST"}
            if place.token_file:
                source["jsonData"] = {
                    "dbName": place.bucket,
                    "httpMode": "POST",
                    "httpHeaderName1": "Authorization",
                }
                source["secureJsonData"] = {"httpHeaderValue1": f"Token $__file{{{place.token_file}}}"}
        case "victoriametrics":
            source["jsonData"] = {"httpMethod": "POST", "timeInterval": "10s"}
            if place.token_file:
                source["jsonData"] = {
                    "httpMethod": "POST",
                    "timeInterval": "10s",
                    "httpHeaderName1": "Authorization",
                }
                source["secureJsonData"] = {"httpHeaderValue1": f"Bearer $__file{{{place.token_file}}}"}
        case _:
            del source["url"]
            source["jsonData"] = {"path": place.url}
    return source
