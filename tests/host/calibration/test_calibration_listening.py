"""Stretches of samples from scripted sources: told by the times of the samples, one after the other, never for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.calibration import listening as room
from evenside.calibration.listening import Listening, listening
from evenside.config import NodeConfig
from evenside.errors import SourceError
from evenside.sources import LinkEvent, SourceItem, SourceRequest
from evenside_analysis.calibration_readings import Reading
from evenside_analysis.types import FORCE, Block, Node

RATE_HZ = 50.0
LEFT = NodeConfig(Node("l", "strap", "left", (FORCE,), RATE_HZ), "scripted://a", "EV-1", "evenside")
RIGHT = NodeConfig(Node("r", "strap", "right", (FORCE,), RATE_HZ), "scripted://b")


def blocks(node: str, span_s: float, part: int = 10, lost: Callable[[float], bool] = lambda _: False) -> list[Block]:
    """Each sample reads its own time, in N."""
    time_s = np.arange(round(span_s * RATE_HZ)) / RATE_HZ
    values = np.array([np.nan if lost(at_s) else at_s for at_s in time_s.tolist()])[:, np.newaxis]
    return [
        Block(node, time_s[first : first + part], values[first : first + part]) for first in range(0, time_s.size, part)
    ]


class Sources:
    """What each URL yields; then it ends, or with ``silent`` waits for ever. ``asked``: what was asked of them."""

    def __init__(self, *, silent: bool = False, **items: Iterable[SourceItem]) -> None:
        self.items, self.silent, self.closed = items, silent, 0
        self.asked: list[SourceRequest] = []

    @asynccontextmanager
    async def open(self, request: SourceRequest) -> AsyncIterator[AsyncIterator[SourceItem]]:
        self.asked.append(request)
        try:
            yield self._play(self.items[request.url.target])
        finally:
            self.closed += 1

    async def _play(self, items: Iterable[SourceItem]) -> AsyncIterator[SourceItem]:
        for item in items:
            yield item
            await asyncio.sleep(0)
        if self.silent:
            await asyncio.Event().wait()


def heard(
    sources: Sources, ask: Callable[[Listening], object], nodes: Sequence[NodeConfig] = (LEFT, RIGHT)
) -> list[dict[str, Reading]]:
    """What the coroutine that ``ask`` makes of a ``Listening`` returns."""

    async def run() -> list[dict[str, Reading]]:
        async with listening(nodes, sources.open) as found:
            return await ask(found)  # type: ignore[misc, no-any-return]

    return asyncio.run(run())


async def in_turn(found: Listening, *spans: tuple[float, float]) -> list[dict[str, Reading]]:
    return [await found.stretch(("l", "r"), settle_s, span_s) for settle_s, span_s in spans]


def test_a_stretch_begins_after_it_has_settled_and_ends_after_its_span() -> None:
    sources = Sources(a=blocks("l", 20.0), b=blocks("r", 20.0))
    (found,) = heard(sources, lambda one: in_turn(one, (2.0, 5.0)))
    for reading in found.values():
        assert reading.n == 250
        assert reading.span_s == pytest.approx(5.0)
        assert reading.of(FORCE) == pytest.approx(2.0 + 2.49)
    assert sources.closed == 2


def test_the_next_stretch_begins_where_the_last_one_ended() -> None:
    sources = Sources(a=blocks("l", 30.0, 7), b=blocks("r", 30.0, 7))
    first, second = heard(sources, lambda one: in_turn(one, (1.0, 4.0), (1.0, 4.0)))
    assert first["l"].of(FORCE) == pytest.approx(1.0 + 1.99)
    begun_s = second["l"].of(FORCE) - 1.99 - 1.0
    assert 5.0 <= begun_s <= 6.0  # what was heard last when the first one was over
    assert second["r"].of(FORCE) == pytest.approx(second["l"].of(FORCE), abs=0.02)


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(1, 60))
def test_how_samples_are_parcelled_changes_nothing(left: int, right: int) -> None:
    async def both(found: Listening) -> list[dict[str, Reading]]:
        return [await found.stretch(("l", "r"), 1.0, 3.0, at_s=at_s) for at_s in (0.0, 4.5)]

    sources = Sources(a=blocks("l", 12.0, left), b=blocks("r", 12.0, right))
    for place, one in enumerate(heard(sources, both)):
        for reading in one.values():
            assert reading.n == 150
            assert reading.of(FORCE) == pytest.approx(1.0 + 4.5 * place + 1.49)


def test_a_node_that_is_not_wanted_now_may_be_wanted_next() -> None:
    async def one_after_the_other(found: Listening) -> list[dict[str, Reading]]:
        wanted = (("l", 0.0), ("r", 5.0), ("l", 10.0), ("r", 15.0))
        return [await found.stretch((node,), 1.0, 3.0, at_s=at_s) for node, at_s in wanted]

    sources = Sources(a=blocks("l", 40.0, 1000), b=blocks("r", 40.0, 30))
    for place, one in enumerate(heard(sources, one_after_the_other)):
        (reading,) = one.values()
        assert reading.n == 150
        assert reading.of(FORCE) == pytest.approx(5.0 * place + 1.0 + 1.49)


def test_rows_that_were_not_heard_are_not_counted() -> None:
    sources = Sources(a=blocks("l", 9.0, lost=lambda at_s: 3.0 <= at_s < 5.0), b=blocks("r", 9.0))
    (found,) = heard(sources, lambda one: in_turn(one, (1.0, 5.0)))
    assert (found["l"].n, found["r"].n) == (150, 250)


def test_where_a_source_ends_before_it_is_what_there_is() -> None:
    sources = Sources(a=blocks("l", 4.0), b=blocks("r", 20.0))
    (found,) = heard(sources, lambda one: in_turn(one, (2.0, 5.0)))
    assert (found["l"].n, found["r"].n) == (100, 250)
    nothing = Sources(a=(), b=())
    assert heard(nothing, lambda one: in_turn(one, (2.0, 5.0)))[0]["l"].n == 0


def test_a_node_that_lags_for_ever_is_given_up() -> None:
    sources = Sources(silent=True, a=blocks("l", 100.0), b=())
    (found,) = heard(sources, lambda one: in_turn(one, (2.0, 5.0)))
    assert (found["l"].n, found["r"].n) == (250, 0)


def test_silence_is_an_error_that_names_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SILENCE_S", 0.05)
    sources = Sources(silent=True, a=blocks("l", 4.0), b=())
    with pytest.raises(SourceError, match=r"nothing was heard of r for"):
        heard(sources, lambda one: in_turn(one, (2.0, 5.0)))
    assert sources.closed == 2


def test_a_refusal_and_a_failure_are_told_at_once() -> None:
    refused = Sources(silent=True, a=[LinkEvent("l", 0.0, "refused", "another device answers")], b=blocks("r", 9.0))
    with pytest.raises(SourceError, match="l: another device answers"):
        heard(refused, lambda one: in_turn(one, (2.0, 5.0)))

    def failing(error: Exception) -> Iterable[SourceItem]:
        yield from blocks("l", 1.0)
        raise error

    for error, said in ((SourceError("the port is gone"), "the port is gone"), (KeyError("x"), r"failed: KeyError")):
        with pytest.raises(SourceError, match=said):
            heard(Sources(a=failing(error), b=blocks("r", 9.0)), lambda one: in_turn(one, (2.0, 5.0)))


def test_what_is_heard_while_a_person_is_waited_for_is_let_pass() -> None:
    async def paused(found: Listening) -> list[dict[str, Reading]]:
        first = await found.stretch(("l", "r"), 0.0, 2.0)
        pressed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.02, pressed.set_result, None)
        await found.idle(pressed)
        return [first, await found.stretch(("l", "r"), 0.0, 2.0)]

    sources = Sources(a=blocks("l", 4000.0, 50), b=blocks("r", 4000.0, 50))
    first, second = heard(sources, paused)
    assert first["l"].of(FORCE) == pytest.approx(0.99)
    assert second["l"].of(FORCE) > 3.0
    assert second["r"].of(FORCE) == pytest.approx(second["l"].of(FORCE), abs=1.0 / RATE_HZ)


def test_who_gives_up_while_being_waited_for_is_heard() -> None:
    async def given_up(found: Listening) -> list[dict[str, Reading]]:
        async def quits() -> None:
            raise KeyboardInterrupt

        await found.idle(quits())
        return []

    with pytest.raises(KeyboardInterrupt):
        heard(Sources(silent=True, a=(), b=()), given_up)


def test_each_source_is_asked_once_for_its_nodes_and_devices() -> None:
    on_one = NodeConfig(RIGHT.node, LEFT.source)
    sources = Sources(a=[*blocks("l", 9.0), *blocks("r", 9.0)])
    heard(sources, lambda one: in_turn(one, (0.0, 3.0)), (LEFT, on_one))
    (request,) = sources.asked
    assert [node.id for node in request.nodes] == ["l", "r"]
    assert (request.serials, request.devices) == ({"l": "EV-1"}, {"l": "evenside"})


def test_whoever_watches_is_told_of_the_countdown_and_of_the_readings() -> None:
    told: list[tuple[float, int]] = []

    async def watched(found: Listening) -> list[dict[str, Reading]]:
        note = lambda done_s, readings: told.append((done_s, readings["l"].n))  # noqa: E731
        return [await found.stretch(("l",), 1.0, 3.0, watch=note)]

    heard(Sources(a=blocks("l", 9.0)), watched, (LEFT,))
    assert told[0][0] < 0.0
    assert told[0][1] == 0
    assert told[-1][0] == pytest.approx(3.18, abs=0.2)
    assert told[-1][1] == 150
    assert [done_s for done_s, _ in told] == sorted(done_s for done_s, _ in told)
