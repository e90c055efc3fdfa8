"""A wearer of 35 days, seeded into the store and into the real servers by the code that stores and sends.

What is said of the wearer in question is made so that anything of another wearer, or of other sessions, shows at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from real_servers import BUCKET, Influx, Victoria, fetch

from evenside.series import Points
from evenside.store import AlertRow, EventRow, FigureRow, NodeStatusRow, Roller, Row, SessionEnd, SessionRow, Store
from evenside_analysis.types import Alert, Figure, Node

S = 1_000_000_000
DAY_S = 86_400
DAYS = 35
ZONE = "Europe/Berlin"
WEARER = 'o\'neil "w", = of\\ten'  # quotes, blanks, signs of the line protocol
TOLD = WEARER.replace("\\", "/")  # in a line
NODES = tuple(Node(f"{side}_foot", "foot", side, ("acc_x",), 100.0) for side in ("left", "right"))
END_NS = round(datetime(2026, 11, 20, 15, 7, 13, 437_000, tzinfo=UTC).timestamp() * 1000) * 1_000_000
FIGURE = Figure(
    *("stance_time", "foot", 0.0, 60.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, 2.0, 1.0, 3.0, 1.0, 4.5, 2, "right"),
    *("", 0.99, 0.95, 0.0012),
)
STRAP = replace(
    FIGURE,
    metric="load_share",
    site="strap",
    left_mean=60.0,
    right_mean=20.0,
    ai=-50.0,
    ai_lo=-52.0,
    ai_hi=-48.0,
    side="left",
    completeness_left=0.9,
    completeness_right=0.8,
)
STEP = replace(FIGURE, metric="step_time", ai=1.5, ai_lo=0.5, ai_hi=2.5, left_mean=0.51, right_mean=0.52)
WITHHELD = replace(
    STEP, ai=math.nan, ai_lo=math.nan, ai_hi=math.nan, claim=0, side="none", reason="sync_error", sync_error_s=0.0031
)


def day_ai(day: int) -> float:
    """Of stance time, the same all day; day 0 is the last one."""
    return 2.0 + day / 10


@dataclass(frozen=True)
class Seeded:
    """``from_ns`` to ``to_ns`` is a range of the last day that is aligned to nothing."""

    store: Path
    lines: dict[bool, bytes]
    from_ns: int
    to_ns: int


def _day(day: int, wearer: str, kind: str, ai: float) -> list[Row]:
    """A session that ends at the time of day of ``END_NS``, with figures every 10 s for its last 20 minutes."""
    length_s, name = 3600.0, f"{kind} {wearer} {day}"
    started_ns = END_NS - day * DAY_S * S - round(length_s) * S
    rows: list[Row] = [SessionRow(name, wearer, kind, started_ns, "0.1.0", nodes=NODES, zone=ZONE)]  # type: ignore[arg-type]
    step_s = 10 if day == 0 else 300
    for at_s in range(2400, 3600, step_s):
        span = {"start_s": at_s - 60.0, "end_s": float(at_s)}
        stance = replace(FIGURE, ai=ai, ai_lo=ai - 1.0, ai_hi=ai + 1.0, **span)  # type: ignore[arg-type]
        step = STEP if at_s < 3400 else WITHHELD
        rows += [FigureRow(name, "window", replace(figure, **span)) for figure in (stance, STRAP, step)]  # type: ignore[arg-type]
        if at_s % 60 == 0:
            rows += [
                NodeStatusRow(
                    *(name, node.id, float(at_s), 81.0 if node.side == "left" else 64.0, 30.5, 0.0004, at_s * 10),
                    frames_lost=(at_s - 2400) // 20,
                )
                for node in NODES
            ]
    if kind == "run" and day == 0:
        deciding = replace(FIGURE, ai=ai)
        rows += [
            AlertRow(name, Alert("longer", "stance_time", "foot", 3000.0, True, "right", 1.5, deciding)),
            AlertRow(name, Alert("longer", "stance_time", "foot", 3100.0, False, "right", 1.5, deciding)),
            EventRow(name, 2500.0, "marker", "", 'at the "gate"'),
            EventRow(name, 2600.0, "lost", "left_foot", "out of reach"),
            EventRow(name, 2605.0, "lost", "left_foot", "out of reach"),
            EventRow(name, 2700.0, "connected", "left_foot", ""),
        ]
    summary = replace(FIGURE, ai=ai, ai_lo=ai - 1.0, ai_hi=ai + 1.0, start_s=0.0, end_s=length_s - 1.0)
    return [*rows, FigureRow(name, "session", summary), SessionEnd(name, length_s)]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    path = tmp_path_factory.mktemp("seeded") / "store.sqlite"
    points = Points({"text": True, "numbers": False})
    bodies: dict[str, list[bytes]] = {"text": [], "numbers": []}
    with Store.open(path) as store:
        for day in reversed(range(DAYS)):
            for wearer, kind, ai in ((WEARER, "run", day_ai(day)), (WEARER, "demo", 90.0), ("other", "run", 70.0)):
                rows = _day(day, wearer, kind, ai)
                store.submit(rows).result(60)
                for row in points.rows(rows, 0):
                    bodies[row.sink].append(row.body)
    with Roller(path) as roller:
        roller.all_due()
    lines = {True: b"\n".join(bodies["text"]), False: b"\n".join(bodies["numbers"])}
    return Seeded(path, lines, END_NS - 1200 * S + 17_000_003, END_NS + 1_000_003)


@pytest.fixture(scope="session")
def seeded_influx(seeded: Seeded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx(tmp_path_factory.mktemp("influx")) as server:
        fetch(f"{server.write_url}/api/v2/write?bucket={BUCKET}&precision=ms", data=seeded.lines[True])
        yield server


@pytest.fixture(scope="session")
def seeded_victoria(seeded: Seeded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victoria]:
    with Victoria(tmp_path_factory.mktemp("victoria")) as server:
        fetch(f"{server.write_url}/api/v2/write?bucket={BUCKET}&precision=ms", data=seeded.lines[False])
        fetch(f"{server.url}/internal/force_flush")
        yield server
