"""Alert rules for Grafana: hardly anything arrives from one side while the other goes on.

A rule asks for the share of samples of one side that arrived in the last five minutes, for each wearer and site. Where
no figure comes at all, the monitor is not running, and the rule is quiet: `evenside service` looks after that.
"""

from __future__ import annotations

from evenside.catalogue import victoria_name
from evenside.catalogue.series import FIGURE
from evenside.dashboards.language import Json, Language

__all__ = ["SHARE_MIN", "alert_rules"]

SHARE_MIN = 0.5
SPAN_S = 300
UID = "evenside"


def alert_rules(language: Language) -> Json:
    """What stands in ``provisioning/alerting``."""
    rules = [_rule(language, side) for side in ("left", "right")]
    group: Json = {"orgId": 1, "name": "evenside", "folder": "evenside", "interval": "1m", "rules": rules}
    return {"apiVersion": 1, "groups": [group]}


def _rule(language: Language, side: str) -> Json:
    target = {**_target(language, f"completeness_{side}"), "refId": "A"}
    span: Json = {"from": SPAN_S, "to": 0}
    expression: Json = {"type": "__expr__", "uid": "__expr__"}
    reduced: Json = {"refId": "B", "type": "reduce", "datasource": expression, "expression": "A", "reducer": "last"}
    compared: Json = {
        "refId": "C",
        "type": "threshold",
        "datasource": expression,
        "expression": "B",
        "conditions": [{"evaluator": {"type": "lt", "params": [SHARE_MIN]}}],
    }
    return {
        "uid": f"evenside-no-data-{side}",
        "title": f"Hardly anything arrives from the {side}",
        "condition": "C",
        "for": "5m",
        "noDataState": "OK",
        "execErrState": "Error",
        "annotations": {
            "summary": f"Less than {SHARE_MIN:.0%} of the samples of the {side} arrived in the last 5 minutes. "
            "Look at its battery, and whether it is worn; `evenside status` tells more."
        },
        "labels": {"side": side},
        "data": [
            {"refId": "A", "relativeTimeRange": span, "datasourceUid": UID, "model": target},
            {"refId": "B", "relativeTimeRange": span, "datasourceUid": "__expr__", "model": reduced},
            {"refId": "C", "relativeTimeRange": span, "datasourceUid": "__expr__", "model": compared},
        ],
    }


def _target(language: Language, field: str) -> Json:
    source: Json = {"type": language.plugin, "uid": UID}
    match language.name:
        case "influxdb":
            query = (
                f'SELECT mean("{field}") FROM "figure" WHERE $timeFilter AND "kind" = \'run\' GROUP BY "wearer", "site"'
            )
            return {"datasource": source, "query": query, "rawQuery": True, "resultFormat": "time_series"}
        case "victoriametrics":
            name = victoria_name(FIGURE, field)
            expr = f'avg by (wearer, site) (avg_over_time({name}{{kind="run"}}[{SPAN_S}s]))'
            return {"datasource": source, "expr": expr, "instant": True, "range": False}
        case _:
            sql = (
                f"SELECT session.wearer AS wearer, row.site AS site, avg(row.{field}) AS share FROM session CROSS JOIN"
                " figure AS row ON row.session = session.id AND row.kind = 'window'"
                " AND row.ts_ns >= $__from * 1000000 AND row.ts_ns <= $__to * 1000000"
                " WHERE session.kind = 'run' GROUP BY 1, 2"
            )
            return {
                "datasource": source,
                "queryText": sql,
                "rawQueryText": sql,
                "queryType": "table",
                "timeColumns": [],
            }
