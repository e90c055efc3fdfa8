"""What a panel asks, and the languages that it is asked in.

A question names a measurement of the catalogue, fields, and what they are narrowed to by the variables at the top of a
dashboard; a language turns it into targets of Grafana. The same question gives the same numbers in each, as far as the
language reaches. Text of a variable is always quoted by Grafana itself (``${wearer:singlequote}`` and so on): a name
with a quote in it breaks no query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from evenside.catalogue import Measurement

__all__ = ["VARIABLES", "How", "Json", "Language", "Question", "Table"]

Json = dict[str, object]  # a part of a document of Grafana, whose schema the tests hold it against
How = Literal["mean", "max", "min", "last", "rise", "count"]

# Variables at the top of a dashboard: tag, and by which others its choice is narrowed.
VARIABLES: dict[str, tuple[str, ...]] = {
    "wearer": (),
    "kind": ("wearer",),
    "site": ("wearer", "kind"),
    "metric": ("wearer", "kind", "site"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """Fields over time. ``shown``: pairs of field and the words that it stands under.

    ``narrowed``: tags that must be what the variable of that name says; ``only``: tags with a fixed value; ``by``: tags
    that make series of their own. ``how``: what is made of the values of one interval ("rise": of a count that only
    grows, by how much). ``coarse``: a point every quarter of an hour will do.
    """

    measurement: Measurement
    shown: tuple[tuple[str, str], ...]
    narrowed: tuple[str, ...] = ("wearer", "kind", "site", "metric")
    by: tuple[str, ...] = ()
    how: How = "mean"
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    coarse: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Targets of a table, and the transformations that make one table of them, with these columns in this order."""

    targets: tuple[Json, ...]
    transformations: tuple[Json, ...] = ()


class Language(Protocol):
    """One of InfluxQL, PromQL and SQL."""

    name: str  # the word after --datasource
    plugin: str  # what Grafana calls the kind of data source
    days_words: str  # what a day is
    list_words: str  # what ``listed`` leaves out, "" for nothing

    def legend(self, by: tuple[str, ...]) -> str:
        """What Grafana shall call a series of such tags; "" where the target says so itself."""
        ...

    def variable(self, tag: str, narrowed: tuple[str, ...]) -> Json:
        """The ``query`` of a variable that lists the values of a tag of figures."""
        ...

    def over_time(self, question: Question) -> tuple[Json, ...]:
        """One series for each field and each value of ``by``, a point each interval."""
        ...

    def by_day(self, question: Question, days: int = 1) -> tuple[Json, ...]:
        """Of each day the median of an AI, the mean of all else; where ``days`` is more than one, of so many days."""
        ...

    def chart(self) -> tuple[Json, ...]:
        """The chart of days of ``evenside.store.day_chart``; nothing where the series does not hold it."""
        ...

    def newest(self, question: Question) -> Table:
        """The newest row of each series: tags ``by`` and the fields, as columns."""
        ...

    def listed(self, question: Question) -> Table:
        """Every row, the newest first: time, tags ``by`` and the fields, as columns."""
        ...
