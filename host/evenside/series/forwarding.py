"""All sinks of a daemon, each forwarder with a thread and a connection of its own: none can hold up another.

What is new is collected for whoever looks once a second. At the end every sink gets a short time to send what still
waits; what is left stays in the store and goes at the next start.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from evenside.config import SinkConfig
from evenside.errors import ConfigError, StoreError
from evenside.series.forwarder import Forwarder, SinkHealth
from evenside.series.secret import Secret
from evenside.series.settings import SendSettings
from evenside.series.sink import SinkKind, SinkRequest, sink_kind
from evenside.store import Outbox

__all__ = ["Forwarding", "SinkPlan", "sink_plan"]

_log = logging.getLogger("evenside.series")


@dataclass(frozen=True, slots=True)
class SinkPlan:
    """One sink of the configuration. ``bytes_max`` and ``age_max_s`` bound what may wait for it."""

    request: SinkRequest
    kind: SinkKind
    bytes_max: int
    settings: SendSettings | None = None  # where it is not sent as all others are
    age_max_s: float | None = None


def sink_plan(config: SinkConfig) -> SinkPlan:
    """What one ``[[sink]]`` asks for.

    Raises:
        ConfigError: there is no such kind, or the token or the certificates cannot be read.
    """
    secret = Secret(config.token_env, config.token_file)
    secret.read()  # better told now than by the first refusal
    if config.ca_file is not None and not config.ca_file.is_file():
        raise ConfigError(
            f"there is no file of certificates at {config.ca_file}", mend=f"correct ca_file of {config.id}"
        )
    request = SinkRequest(config.id, config.url, config.bucket, config.org, secret, config.ca_file)
    age_max_s = None if config.max_days is None else config.max_days * 86_400.0
    return SinkPlan(request, sink_kind(config.kind), round(config.max_mb * 1e6), age_max_s=age_max_s)


class Forwarding:
    """The threads. All methods may be called from any thread; only ``stop`` waits."""

    def __init__(self, store: Path, plans: Sequence[SinkPlan], settings: SendSettings | None = None) -> None:
        """The sinks must be in the store already."""
        self._store, self._settings = store, settings or SendSettings()
        self._stopping = threading.Event()
        self._deadline_s = float("inf")
        self._news: deque[str] = deque(maxlen=1000)
        self._health: dict[str, SinkHealth] = {plan.request.name: SinkHealth() for plan in plans}
        self._awake = {plan.request.name: threading.Event() for plan in plans}
        self._threads = [
            threading.Thread(target=self._run, args=(plan,), name=f"evenside-sink-{plan.request.name}", daemon=True)
            for plan in plans
        ]
        for thread in self._threads:
            thread.start()

    def news(self) -> list[str]:
        """Sentences since this was last asked."""
        found: list[str] = []
        while self._news:
            found.append(self._news.popleft())
        return found

    def health(self) -> dict[str, SinkHealth]:
        """By the name of the sink."""
        return dict(self._health)

    def wake(self, names: Iterable[str]) -> None:
        """Something new waits for these sinks. Who waits for a server that failed is not hurried by it."""
        for name in names:
            if name in self._awake:
                self._awake[name].set()

    def stop(self, bound_s: float) -> None:
        """Send what can be sent within ``bound_s``, then end. Whoever hangs in a request is left behind."""
        self._deadline_s = monotonic() + bound_s
        self._stopping.set()
        self.wake(self._awake)
        for thread in self._threads:
            thread.join(max(0.0, self._deadline_s - monotonic()) + 0.1)

    def _run(self, plan: SinkPlan) -> None:
        name, settings = plan.request.name, plan.settings or self._settings

        def tell(words: str) -> None:
            _log.warning("sink %s: %s", name, words)
            self._news.append(f"sink {name}: {words}")

        while True:
            try:
                with Outbox(self._store, name) as outbox:
                    forwarder = Forwarder(
                        *(plan.kind, plan.request, outbox, settings),
                        tell=tell,
                        going=lambda: not self._over(),
                        age_max_s=plan.age_max_s,
                    )
                    self._forward(name, forwarder)
                    return
            except StoreError as error:  # it could not be opened
                tell(str(error))
            except Exception:  # a mistake in a transport must not end the sink for good
                _log.exception("sink %s failed and begins again", name)
            if self._stopping.wait(settings.retry_max_s):
                return

    def _forward(self, name: str, forwarder: Forwarder) -> None:
        try:
            while not self._over():
                self._awake[name].clear()
                last = self._stopping.is_set()
                pause_s = forwarder.round()
                self._health[name] = forwarder.health
                if pause_s and last:  # nothing waits any more, or nothing goes
                    return
                if pause_s:
                    (self._awake[name] if forwarder.health.state == "ok" else self._stopping).wait(pause_s)
        finally:
            forwarder.close()

    def _over(self) -> bool:
        return monotonic() >= self._deadline_s
