"""SQL over the embedded store, by the data source frser-sqlite-datasource.

Times stand as integers of nanoseconds in the store, and are compared as such, so that its keys are used; what goes to
Grafana is unix seconds. Days, and what needs no finer points, come from the roll-ups. The order of the joins is fixed
by CROSS JOIN: first the few sessions of a wearer, then their rows by key.
"""

from __future__ import annotations

from evenside.catalogue import Field, Measurement
from evenside.dashboards.language import Json, Question, Table

__all__ = ["Sqlite"]

_HOW = {"mean": "avg({})", "max": "max({})", "min": "min({})", "count": "sum({})", "last": "{}", "rise": "max({})"}
_FROM_NS, _TO_NS = "$__from * 1000000", "$__to * 1000000"
# Where the rows of a measurement are, and what its tags and the attributes of its fields are called there.
_TABLES = {
    "figure": "figure AS row ON row.session = session.id AND row.kind = 'window'",
    "session": "figure AS row ON row.session = session.id AND row.kind = 'session'",
    "node": "node_status AS row ON row.session = session.id",
    "event": "event AS row ON row.session = session.id",
    "alert": "alert AS row ON row.session = session.id",
}
_TAGS = {"wearer": "session.wearer", "kind": "session.kind", "event": "row.kind"}
_OF_NODE = (
    "(SELECT json_extract(value, '$.{0}') FROM json_each(session.nodes) WHERE json_extract(value, '$.id') = row.node)"
)
# Of a field in the roll-ups.
_ROLLED = {
    "ai": "ai",
    "ci_low": "ai_p10",
    "ci_high": "ai_p90",
    "left": "left_mean",
    "right": "right_mean",
    "completeness_left": "completeness_left",
    "completeness_right": "completeness_right",
    "sync_error_ms": "sync_error_s * 1000.0",
    # The side that more than half of the windows name.
    "side_code": "CASE WHEN 2 * to_right > windows THEN 1 WHEN 2 * to_left > windows THEN -1 ELSE 0 END",
}


class Sqlite:
    name = "sqlite"
    plugin = "frser-sqlite-datasource"
    days_words = "A day is one of the wearer's time zone."
    list_words = ""

    def legend(self, by: tuple[str, ...]) -> str:
        return " ".join([*(f"${{__field.labels.{tag}}}" for tag in by), "${__field.name}"]) if by else ""

    def chart(self) -> tuple[Json, ...]:
        """Of each day that is over: change from what is usual, its limits, and the change where it was raised."""
        sql = (
            'SELECT start_ns / 1000000000 AS time, chart_ai AS "change", limit_ai AS "right limit",'
            ' -limit_ai AS "left limit", CASE WHEN changed = 1 THEN chart_ai END AS "raised here" FROM rollup'
            " WHERE span = 'day' AND wearer = ${wearer:sqlstring} AND kind = ${kind:sqlstring}"
            " AND site = ${site:sqlstring} AND metric = ${metric:sqlstring}"
            f" AND end_ns > {_FROM_NS} AND start_ns <= {_TO_NS} ORDER BY start_ns"
        )
        return (_target(sql, "time series"),)

    def variable(self, tag: str, narrowed: tuple[str, ...]) -> Json:
        where = " AND ".join(f"{other} = ${{{other}:sqlstring}}" for other in narrowed)
        sql = (
            f"SELECT DISTINCT {tag} FROM rollup WHERE span = 'day'" + (f" AND {where}" if where else "") + " ORDER BY 1"
        )
        return {"queryText": sql, "rawQueryText": sql, "queryType": "table", "timeColumns": [], "refId": tag}

    def over_time(self, question: Question) -> tuple[Json, ...]:
        if question.coarse:
            return self._rolled(question, "quarter", {})
        time = "(row.ts_ns / 1000000 / $__interval_ms) * $__interval_ms / 1000"
        columns = [f"{time} AS time", *(f"{_tag(question.measurement, tag)} AS {tag}" for tag in question.by)]
        for name, label in question.shown:
            columns.append(f'{_HOW[question.how].format(_column(question.measurement.field(name)))} AS "{label}"')
        by = ", ".join(str(place + 1) for place in range(1 + len(question.by)))
        sql = f"SELECT {', '.join(columns)} {_from(question)} GROUP BY {by} ORDER BY 1"
        if question.how == "last":  # the other columns of a lone max() are of its row
            sql = sql.replace(" FROM session", ", max(row.ts_ns) AS newest FROM session", 1)
            shown = ", ".join(("time", *question.by, *(f'"{label}"' for _, label in question.shown)))
            sql = f"SELECT {shown} FROM ({sql})"
        if question.how == "rise":  # since the interval before; what starts anew starts from 0
            over = f"OVER (PARTITION BY {', '.join(question.by)} ORDER BY time)"
            rises = ", ".join(f'max(0, "{label}" - lag("{label}") {over}) AS "{label}"' for _, label in question.shown)
            sql = f"SELECT {', '.join(('time', *question.by))}, {rises} FROM ({sql}) ORDER BY 1"
        return (_target(sql, "time series"),)

    def by_day(self, question: Question, days: int = 1) -> tuple[Json, ...]:
        over = f"OVER (PARTITION BY metric, site ORDER BY start_ns ROWS {days - 1} PRECEDING)"
        return self._rolled(question, "day", {"ai": f"avg(ai) {over}"} if days > 1 else {})

    def _rolled(self, question: Question, span: str, instead: dict[str, str]) -> tuple[Json, ...]:
        columns = ["start_ns / 1000000000 AS time", *question.by]
        columns += [f'{instead.get(name, _ROLLED[name])} AS "{label}"' for name, label in question.shown]
        where = _where(question, {tag: tag for tag in ("wearer", "kind", "site", "metric")})
        sql = (
            f"SELECT {', '.join(columns)} FROM rollup WHERE span = '{span}' AND {where}"
            f" AND end_ns > {_FROM_NS} AND start_ns <= {_TO_NS} ORDER BY start_ns"
        )
        return (_target(sql, "time series"),)

    def newest(self, question: Question) -> Table:
        tags = ", ".join(f"{_tag(question.measurement, tag)} AS {tag}" for tag in question.by)
        by = ", ".join(str(place + 1) for place in range(len(question.by)))
        sql = (
            f"SELECT {tags}, {_columns(question)}, max(row.ts_ns) / 1000000000 AS time {_from(question)}"
            f" GROUP BY {by} ORDER BY {by}"
        )
        return Table((_target(sql, "table"),))

    def listed(self, question: Question) -> Table:
        tags = "".join(f", {_tag(question.measurement, tag)} AS {tag}" for tag in question.by)
        sql = (
            f"SELECT row.ts_ns / 1000000000 AS time{tags}, {_columns(question)} {_from(question)}"
            " ORDER BY row.ts_ns DESC LIMIT 500"
        )
        return Table((_target(sql, "table"),))


def _from(question: Question) -> str:
    tags = {tag: _tag(question.measurement, tag) for tag in question.measurement.tags}
    return (
        f"FROM session CROSS JOIN {_TABLES[question.measurement.name]} AND row.ts_ns >= {_FROM_NS}"
        f" AND row.ts_ns <= {_TO_NS} WHERE {_where(question, tags)} AND session.started_ns <= {_TO_NS}"
    )


def _where(question: Question, tags: dict[str, str]) -> str:
    narrowed = [f"{tags[tag]} = ${{{tag}:sqlstring}}" for tag in question.narrowed]
    fixed = [f"{tags[tag]} IN ('" + "', '".join(values) + "')" for tag, values in question.only]
    return " AND ".join([*narrowed, *fixed])


def _tag(measurement: Measurement, tag: str) -> str:
    if measurement.name == "node" and tag in ("site", "side"):
        return _OF_NODE.format(tag)
    return _TAGS.get(tag, f"row.{tag}")


def _column(field: Field) -> str:
    """What the catalogue says of a field, as SQL."""
    if not field.of:
        return "1.0"
    if field.codes is not None:
        cases = " ".join(f"WHEN '{word}' THEN {code}" for word, code in field.codes.items())
        return f"CASE row.{field.of} {cases} ELSE 99 END"
    if "." in field.of:
        column, _, inner = field.of.partition(".")
        return f"json_extract(row.{column}, '$.{inner}')"
    column = " - ".join(f"row.{part}" for part in field.of.split("-"))
    if field.absent == field.absent:
        column = f"nullif({column}, {field.absent:g})"
    return column if field.factor == 1.0 else f"{column} * {field.factor!r}"


def _columns(question: Question) -> str:
    return ", ".join(f'{_column(question.measurement.field(name))} AS "{label}"' for name, label in question.shown)


def _target(sql: str, kind: str) -> Json:
    return {"refId": "A", "queryText": sql, "rawQueryText": sql, "queryType": kind, "timeColumns": ["time"]}
