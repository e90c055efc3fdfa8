"""InfluxQL, which InfluxDB 1, 2 and 3 all answer.

The time filter stands in the innermost query only: in an outer one InfluxDB 1 silently returns nothing for a range that
is not aligned to the inner interval. Tags with and without the bounds of Grafana: ``$timeFilter``, ``$__interval``.
"""

from __future__ import annotations

from evenside.dashboards.language import Json, Question, Table

__all__ = ["InfluxQL"]

_HOW = {
    "mean": 'mean("{}")',
    "max": 'max("{}")',
    "min": 'min("{}")',
    "count": 'sum("{}")',
    "last": 'last("{}")',
    "rise": 'non_negative_difference(last("{}"))',
}


class InfluxQL:
    """``zone``: of days; InfluxDB begins them at local midnight with it."""

    name = "influxdb"
    plugin = "influxdb"
    list_words = ""

    def __init__(self, zone: str = "") -> None:
        self.days_words = f"A day is one of {zone or 'UTC'}."
        self._tz = f" tz('{zone}')" if zone else ""

    def legend(self, by: tuple[str, ...]) -> str:
        return ""

    def chart(self) -> tuple[Json, ...]:
        return ()

    def variable(self, tag: str, narrowed: tuple[str, ...]) -> Json:
        where = " AND ".join(f'"{other}" = ${{{other}:singlequote}}' for other in narrowed)
        return {
            "query": f'SHOW TAG VALUES FROM "figure" WITH KEY = "{tag}"' + (f" WHERE {where}" if where else ""),
            "refId": tag,
        }

    def over_time(self, question: Question) -> tuple[Json, ...]:
        return tuple(
            _series(
                place,
                f"SELECT {_HOW[question.how].format(field)} FROM {_from(question)}"
                f" GROUP BY time($__interval){_by(question)} fill(none)",
                label,
                question,
            )
            for place, (field, label) in enumerate(question.shown)
        )

    def by_day(self, question: Question, days: int = 1) -> tuple[Json, ...]:
        targets = []
        for place, (field, label) in enumerate(question.shown):
            how = "median" if field == "ai" else "mean"
            daily = (
                f'SELECT {how}("{field}") AS "day" FROM {_from(question)} GROUP BY time(1d){_by(question)} fill(none)'
            )
            query = daily + self._tz
            if days > 1:
                by = f" GROUP BY {_by(question)[2:]}" if question.by else ""
                query = f'SELECT moving_average("day", {days}) FROM ({daily}){by}{self._tz}'
            targets.append(_series(place, query, label, question))
        return tuple(targets)

    def newest(self, question: Question) -> Table:
        by = ", ".join(f'"{tag}"' for tag in question.by)
        query = f"SELECT {_columns(question)} FROM {_from(question)} GROUP BY {by} ORDER BY time DESC LIMIT 1"
        return Table((_table(query),), ({"id": "merge", "options": {}},))

    def listed(self, question: Question) -> Table:
        tags = "".join(f', "{tag}"' for tag in question.by)
        return Table(
            (_table(f"SELECT {_columns(question)}{tags} FROM {_from(question)} ORDER BY time DESC LIMIT 500"),)
        )


def _from(question: Question) -> str:
    narrowed = [f'"{tag}" = ${{{tag}:singlequote}}' for tag in question.narrowed]
    fixed = [f"({' OR '.join(_is(tag, value) for value in values)})" for tag, values in question.only]
    return f'"{question.measurement.name}" WHERE ' + " AND ".join(["$timeFilter", *narrowed, *fixed])


def _is(tag: str, value: str) -> str:
    return f"\"{tag}\" = '{value}'"


def _by(question: Question) -> str:
    return "".join(f', "{tag}"' for tag in question.by)


def _columns(question: Question) -> str:
    return ", ".join(f'"{field}" AS "{label}"' for field, label in question.shown)


def _series(place: int, query: str, label: str, question: Question) -> Json:
    alias = " ".join([*(f"$tag_{tag}" for tag in question.by), label])
    return {"refId": chr(65 + place), "query": query, "rawQuery": True, "resultFormat": "time_series", "alias": alias}


def _table(query: str) -> Json:
    return {"refId": "A", "query": query, "rawQuery": True, "resultFormat": "table"}
