"""Alerts by HTTP, to a real server that is killed, and to one that answers whatever the test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evenside.config import NotifyConfig
from evenside.errors import ConfigError
from evenside.notify.target import Target, known_ways, sink_name, target_plan
from evenside.notify.webhook import Webhook
from evenside.series import Secret
from evenside.store import Outbox

if TYPE_CHECKING:
    from tests.host.notify.conftest import Hook, House

Until = Callable[[Callable[[], bool]], None]
LINE = (
    b'{"id":"0f","kind":"test","wearer":"ann","rule":"r","at_ns":1,"active":true,"side":"left","title":"t",'
    b'"text":"x","facts":{}}'
)


def test_every_alert_of_an_hour_without_its_server_arrives_once(house: House, hook: Hook, until: Until) -> None:
    config = NotifyConfig("hook", "webhook", f"{hook.url}/alerts")
    house.open("hook", "dead")
    forwarding = house.forwarding(config, NotifyConfig("dead", "webhook", "http://127.0.0.1:9/"))
    said = [house.say(f"rule {count}") for count in range(3)]
    house.decide()
    forwarding.wake([sink_name("hook")])
    until(lambda: len(hook.posted()) == 3)
    hook.kill()
    for _ in range(60):  # a minute each
        house.now_ns += 60 * 1_000_000_000
        said.append(house.say(f"rule {house.count}"))
        house.decide()
        forwarding.wake([sink_name("hook")])
    until(lambda: forwarding.health()[sink_name("hook")].state == "waiting")
    assert len(hook.posted()) == 3
    hook.start()
    until(lambda: len(hook.posted()) == len(said))
    forwarding.stop(5.0)
    assert [key for key, _ in hook.posted()] == said
    assert [body["id"] for _, body in hook.posted()] == said
    with Outbox(house.store.path, sink_name("dead")) as outbox:
        assert (outbox.state().waiting, outbox.state().dropped) == (len(said), 0)


def test_what_arrives_twice_for_want_of_an_answer_has_the_same_key(house: House, hook: Hook, until: Until) -> None:
    """Killed again and again while it takes messages: none is missing, and what came again is known by its key."""
    house.open("hook")
    forwarding = house.forwarding(NotifyConfig("hook", "webhook", hook.url))
    said: list[str] = []
    for _ in range(5):
        already = len(said)
        said += [house.say(f"rule {house.count}") for _ in range(8)]
        house.decide()
        forwarding.wake([sink_name("hook")])
        until(partial(came, hook, already + 1))
        hook.kill()
        hook.start()
    until(lambda: len({key for key, _ in hook.posted()}) == len(said))
    forwarding.stop(5.0)
    assert list(dict.fromkeys(key for key, _ in hook.posted())) == said


def test_what_a_sink_refused_is_kept_aside_and_can_go_again(house: House, talker: Talker, until: Until) -> None:
    house.open("hook")
    talker.status = 422
    forwarding = house.forwarding(NotifyConfig("hook", "webhook", talker.url))
    first, second = house.say(), house.say("other")
    house.decide()
    with Outbox(house.store.path, sink_name("hook")) as outbox:
        until(lambda: outbox.state().dead == 2)
        talker.status = 204
        assert outbox.resend(0) == 2
        until(lambda: outbox.state().waiting == 0)
    forwarding.stop(5.0)
    assert [key for key, _ in talker.took[-2:]] == [first, second]


def came(hook: Hook, count: int) -> bool:
    return len(hook.posted()) >= count


@dataclass
class Talker:
    """A web server in this process that answers ``status``."""

    url: str
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    took: list[tuple[str, str]] = field(default_factory=list)  # key and token


@pytest.fixture
def talker() -> Iterator[Talker]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            talking.took.append((self.headers["Idempotency-Key"], self.headers.get("Authorization", "")))
            self.send_response(talking.status)
            for name, value in {"Content-Length": "0", **talking.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        talking = Talker(f"http://127.0.0.1:{server.server_port}/x?y=z")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield talking
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "taken"), (204, "taken"), (301, "stopped"), (400, "refused"), (401, "stopped"), (403, "stopped"),
        (404, "stopped"), (408, "busy"), (422, "refused"), (429, "busy"), (500, "busy"), (503, "busy"),
    ],
)  # fmt: skip
def test_a_status_means_one_thing(talker: Talker, status: int, outcome: str) -> None:
    talker.status = status
    assert Webhook(Target("hook", talker.url)).send(LINE).outcome == outcome


@pytest.mark.parametrize(("asked", "wait_s"), [("7", 7.0), ("1e9", 600.0), ("-3", 0.0), ("soon", 0.0), ("nan", 0.0)])
def test_a_server_may_ask_for_patience(talker: Talker, asked: str, wait_s: float) -> None:
    talker.status, talker.headers = 429, {"Retry-After": asked}
    assert Webhook(Target("hook", talker.url)).send(LINE).wait_s == wait_s


def test_a_redirect_takes_no_token_elsewhere(talker: Talker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "s3cret")
    talker.status, talker.headers = 307, {"Location": talker.url}
    Webhook(Target("hook", talker.url, secret=Secret("HOOK_TOKEN"))).send(LINE)
    assert talker.took == [("0f", "Bearer s3cret")]


def test_nobody_there_is_no_reason_to_give_up() -> None:
    answer = Webhook(Target("hook", "http://127.0.0.1:9/", timeout_s=1.0)).send(LINE)
    assert answer.outcome == "busy"
    assert "cannot be reached" in answer.words


def test_ways_are_found_by_name() -> None:
    assert {"apprise", "desktop", "mqtt", "webhook"} <= set(known_ways())
    with pytest.raises(ConfigError, match=r"no way 'pigeon'[\s\S]*webhook"):
        target_plan(NotifyConfig("p", "pigeon"))


def test_a_missing_secret_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        target_plan(NotifyConfig("hook", "webhook", "http://h/", token_file=tmp_path / "none"))
