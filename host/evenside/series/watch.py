"""Whether a server still has what it took: for kinds that answer before anything is on their disk.

Strategy: what was taken becomes durable only when it is ``grace_s`` old at a moment when the server is seen to be the
one that took it. Seen to have started anew, it gets everything again that was not durable. Having been
gone counts as that too. The start is kept in the store, so a restart of this program between
two of the server hides nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from evenside.series.settings import SendSettings
from evenside.series.sink import Answer, Server, Transport
from evenside.store import Outbox

__all__ = ["ServerWatch"]

STALE_S = 5.0  # what a server says of itself may be older than its last answer, by a second or two


class ServerWatch:
    """Of one sink, in the thread of its forwarder. ``tell`` takes a sentence for a person."""

    def __init__(
        self, outbox: Outbox, settings: SendSettings, tell: Callable[[str], None], now_s: Callable[[], float]
    ) -> None:
        self._outbox, self._settings, self._tell, self._now_s = outbox, settings, tell, now_s
        self._due_s = -float("inf")
        self._server: Server | None = None
        self._gone = False
        self._count = 0  # of lines that the server said it took or threw away
        self._uncounted_s: float | None = None  # since when it took lines that this count does not show
        self._taken: deque[tuple[float, int]] = deque()  # when, up to which number; at most one a second
        state = outbox.state()
        self._known = state.server_start  # of the server that has what is kept
        if state.kept:
            self._gone = not state.server_start
            self._taken.append((now_s(), state.sent))

    def took(self, number: int) -> None:
        """The server has just taken everything up to this number."""
        now_s = self._now_s()
        if self._uncounted_s is None:
            self._uncounted_s = now_s
        if self._taken and int(self._taken[-1][0]) == int(now_s):
            self._taken.pop()  # the later time, for all of them
        self._taken.append((now_s, number))

    def failed(self, *, gone: bool) -> None:
        """Look again before anything else is sent."""
        self._gone = self._gone or gone
        self._due_s = -float("inf")

    def look(self, transport: Transport) -> Answer | None:
        """See, if it is time to, whether the server is still the same one. Returns what kept this from being seen."""
        now_s = self._now_s()
        if now_s < self._due_s:
            return None
        server = transport.server()
        if isinstance(server, Answer):
            return server
        self._due_s = now_s + self._settings.look_s
        if self._anew(server, now_s):
            count = self._outbox.again(server.start)
            if count:
                self._tell(f"the server has started anew: the last {count} lines go to it again")
            self._taken.clear()
            self._uncounted_s = None
            self._known = server.start
        elif server.start == self._known:
            self._secure(now_s)
        self._gone = False
        self._tell_of(server)
        return None

    def _anew(self, server: Server, now_s: float) -> bool:
        """Its start is known to the second only, so two within one show in the count of what it took."""
        before, count = self._count, server.taken + server.swallowed
        uncounted_s, self._count = self._uncounted_s, count
        if self._gone or not server.start or server.start != self._known:
            self._uncounted_s = None
            return self._gone or bool(server.start)
        if count != before:
            self._uncounted_s = None
            return count < before
        return uncounted_s is not None and now_s - uncounted_s >= STALE_S

    def _secure(self, now_s: float) -> None:
        upto = 0
        while self._taken and self._taken[0][0] <= now_s - self._settings.grace_s:
            upto = self._taken.popleft()[1]
        if upto:
            self._outbox.secure(upto, self._known)

    def _tell_of(self, server: Server) -> None:
        before, self._server = self._server, server
        if before is None or before.notes != server.notes:
            for note in server.notes:
                self._tell(note)
        if before is None:
            return
        swallowed = server.swallowed - (before.swallowed if before.start == server.start else 0)
        if swallowed > 0:
            self._tell(f"the server threw away {swallowed} lines as malformed, of this or of another program")
