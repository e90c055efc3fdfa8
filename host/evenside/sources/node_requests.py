"""What a host has under way with one device: the outstanding command, the pings, the backfill. Three small bookkeepers.

None of them knows what an answer means; they know what was asked, when, and when it is time to ask again.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

from evenside.sources.link_timings import LinkTimings
from evenside.sources.node_stream import NodeStream
from evenside.wire import BackfillReply, Command, Op, Reply, Result, commands

__all__ = ["Asker", "Backfiller", "Pinger"]

PINGS_UNDER_WAY_MAX = 16


class Asker:
    """One outstanding command: repeated with its token until it is answered or the tries are used up."""

    def __init__(self, timings: LinkTimings, send: Callable[[Command], float], token: int) -> None:
        self.send = send
        self._timings = timings
        self._token = token
        self._command: Command | None = None
        self._sent_s = 0.0
        self._tries = 0

    @property
    def busy(self) -> bool:
        return self._command is not None

    def token(self) -> int:
        """The next one."""
        self._token = (self._token + 1) & 0xFF
        return self._token

    def ask(self, command: Command, now_s: float) -> None:
        self._command, self._sent_s, self._tries = command, now_s, 1
        self.send(command)

    def forget(self) -> None:
        self._command = None

    def answered(self, reply: Reply) -> Command | None:
        """The command that this reply answers for good; None for strangers, repetitions and "ask again later"."""
        command = self._command
        if command is None or (reply.op, reply.token) != (command.op, command.token):
            return None
        if reply.result == Result.BUSY:
            # Asked again in its time, with another token: the same one would be answered with the same reply.
            self._command = replace(command, token=self.token())
            return None
        self._command = None
        return command

    def tick(self, now_s: float) -> str:
        """Repeat what is overdue. The name of the command that nobody answered, or ""."""
        command = self._command
        if command is None or now_s - self._sent_s < self._timings.reply_s:
            return ""
        if self._tries >= self._timings.tries:
            self._command = None
            return Op(command.op).name
        self._sent_s, self._tries = now_s, self._tries + 1
        self.send(command)
        return ""


class Pinger:
    """SYNC at dithered times: in step with the radio or the sampling of a node they would meet one delay for ever."""

    def __init__(self, timings: LinkTimings, asker: Asker, rng: random.Random) -> None:
        self._timings, self._asker, self._rng = timings, asker, rng
        self._sent: dict[int, float] = {}  # by token
        self._begun_s = 0.0
        self._due_s = -math.inf
        self.count = 0

    def begin(self, now_s: float) -> None:
        """A new conversation: ping often at first."""
        self._sent, self.count, self._begun_s, self._due_s = {}, 0, now_s, -math.inf

    def due(self, now_s: float) -> bool:
        return now_s >= self._due_s

    def hasten(self, now_s: float, within_s: float) -> None:
        """Let the next one be due within ``within_s``, at any moment of it."""
        self._due_s = min(self._due_s, now_s + within_s * self._rng.random())

    def ping(self, now_s: float) -> None:
        fast = now_s - self._begun_s < self._timings.ping_fast_for_s
        every_s = self._timings.ping_fast_s if fast else self._timings.ping_s
        self._due_s = now_s + every_s * (0.5 + self._rng.random())
        token = self._asker.token()
        self._sent[token] = self._asker.send(commands.sync(token, max(0, round(now_s * 1e9))))
        self.count += 1
        if len(self._sent) > PINGS_UNDER_WAY_MAX:
            del self._sent[next(iter(self._sent))]

    def sent_s(self, token: int) -> float | None:
        """When the ping with this token left; each answer counts once."""
        return self._sent.pop(token, None)


class Backfiller:
    """Asks for the frames that hold up a stream, for as long as they are young enough and the node has them.

    Only the age of a hole ends the asking: on a bad line a number of tries would lose frames that the node still keeps.
    """

    def __init__(self, timings: LinkTimings, asker: Asker, stream: NodeStream) -> None:
        self._timings, self._asker, self._stream = timings, asker, stream
        self._end: int | None = None  # of the frames under way again
        self._progress_s = 0.0
        self._first = -1  # of the hole at hand
        self._since_s = 0.0
        self._obeyed = False  # this device has answered BACKFILL at least once

    @property
    def running(self) -> bool:
        return self._end is not None

    def stop(self) -> None:
        """What was under way will not come: a new conversation, or none."""
        self._end = None

    def tick(self, now_s: float) -> tuple[int, int] | None:
        """Ask for the next hole, or skip one that is too old. First and count of a hole asked for the first time."""
        if self._end is not None and now_s - self._progress_s >= self._timings.backfill_s:
            self._end = None
        hole = self._stream.hole()
        if hole is None or self._end is not None or self._asker.busy:
            return None
        first, count = hole
        new = first != self._first
        if new:
            self._first, self._since_s = first, now_s
        elif now_s - self._since_s >= self._timings.lateness_s:
            self._stream.skip(count)
            return None
        self._asker.ask(commands.backfill(self._asker.token(), first & 0xFFFFFFFF, min(count, 0xFFFF)), now_s)
        return hole if new else None

    def unanswered(self) -> None:
        """BACKFILL was repeated in vain. A device that has never answered one does not know it."""
        hole = self._stream.hole()
        if hole is not None and not self._obeyed:
            self._stream.skip(hole[1])

    def answered(self, reply: Reply, now_s: float) -> None:
        """Some of the frames come again, or none."""
        self._obeyed = True
        found = BackfillReply.unpack(reply.data) if reply.result == Result.OK else None
        hole = self._stream.hole()
        if hole is None:
            return
        first, count = hole
        if isinstance(found, BackfillReply) and found.count:
            self._stream.skip(min(max(found.first_frame - first, 0), count))
            self._end, self._progress_s = found.first_frame + found.count, now_s
        elif (
            isinstance(found, BackfillReply) and self._stream.at_end and now_s - self._since_s < self._timings.silence_s
        ):
            # Frames that wait for their first sending are not part of a backfill: they are on their way.
            self._end, self._progress_s = first + count, now_s
        else:
            self._stream.skip(count)

    def received(self, number: int, *, last: bool, now_s: float) -> None:
        """One frame of it came."""
        self._progress_s = now_s
        if self._end is not None and (last or number + 1 >= self._end):
            self._end = None
