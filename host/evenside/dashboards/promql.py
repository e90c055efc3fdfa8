"""PromQL, for VictoriaMetrics, where a field of the line protocol is a metric of its own: ``figure_ai``.

It keeps no text, so that reasons and sides stand as the codes of the catalogue, and knows no local days: a day is the
24 hours before a point. A value counts as the newest for five minutes, and only while its figure is not withheld.
"""

from __future__ import annotations

from collections.abc import Callable

from evenside.catalogue import victoria_name
from evenside.dashboards.language import Json, Question, Table

__all__ = ["PromQL"]

FRESH = "5m"
_HOW = {
    "mean": "avg_over_time({})",
    "max": "max_over_time({})",
    "min": "min_over_time({})",
    "count": "sum_over_time({})",
    "last": "last_over_time({})",
    "rise": "increase({})",
}


_OF_DAYS = {"ai": "quantile_over_time(0.5, "}


class PromQL:
    name = "victoriametrics"
    plugin = "prometheus"
    days_words = "VictoriaMetrics knows no local days: each point is of the 24 hours before it."
    list_words = "VictoriaMetrics shows the newest of each in the time range."

    def legend(self, by: tuple[str, ...]) -> str:
        return ""

    def chart(self) -> tuple[Json, ...]:
        return ()

    def variable(self, tag: str, narrowed: tuple[str, ...]) -> Json:
        match = ",".join(f"{other}=${{{other}:doublequote}}" for other in narrowed)
        return {"query": f"label_values(figure_n{{{match}}}, {tag})", "refId": tag}

    def over_time(self, question: Question) -> tuple[Json, ...]:
        how = _HOW[question.how]
        return tuple(
            _series(place, how.format(f"{_selected(question, field)}[$__interval]"), label, question)
            for place, (field, label) in enumerate(question.shown)
        )

    def by_day(self, question: Question, days: int = 1) -> tuple[Json, ...]:
        return tuple(
            _series(
                place, f"{_OF_DAYS.get(field, 'avg_over_time(')}{_selected(question, field)}[{days}d])", label, question
            )
            for place, (field, label) in enumerate(question.shown)
        )

    def newest(self, question: Question) -> Table:
        return self._table(question, lambda selected: f"last_over_time({selected}[{FRESH}])")

    def listed(self, question: Question) -> Table:
        """Of each series the newest row of the whole range, or its count: PromQL lists no rows."""
        how = "sum" if question.how == "count" else "last"
        return self._table(question, lambda selected: f"{how}_over_time({selected}[$__range])")

    def _table(self, question: Question, wrapped: Callable[[str], str]) -> Table:
        targets: list[Json] = []
        names: Json = {}
        texts = {field.name for field in question.measurement.fields if field.text}
        for place, (field, label) in enumerate(pair for pair in question.shown if pair[0] not in texts):
            letter = chr(65 + place)
            expr = f"max by ({', '.join(question.by)}) ({wrapped(_selected(question, field))})"
            if field in _WITHHELD and question.measurement.name in ("figure", "session"):
                given = wrapped(_selected(question, "reason_code"))
                expr += f" and on ({', '.join(question.by)}) (max by ({', '.join(question.by)}) ({given}) == 0)"
            targets.append({"refId": letter, "expr": expr, "instant": True, "range": False, "format": "table"})
            names[f"Value #{letter}"] = label
        hidden: Json = {"Time": True}
        return Table(
            tuple(targets),
            (
                {"id": "merge", "options": {}},
                {"id": "organize", "options": {"excludeByName": hidden, "indexByName": {}, "renameByName": names}},
            ),
        )


_WITHHELD = ("ai", "ci_low", "ci_high")


def _selected(question: Question, field: str) -> str:
    narrowed = [f"{tag}=${{{tag}:doublequote}}" for tag in question.narrowed]
    fixed = [f'{tag}=~"{"|".join(values)}"' for tag, values in question.only]
    return f"{victoria_name(question.measurement, field)}{{{','.join([*narrowed, *fixed])}}}"


def _series(place: int, expr: str, label: str, question: Question) -> Json:
    legend = " ".join([*(f"{{{{{tag}}}}}" for tag in question.by), label])
    return {
        "refId": chr(65 + place),
        "expr": expr,
        "range": True,
        "instant": False,
        "format": "time_series",
        "legendFormat": legend,
    }
