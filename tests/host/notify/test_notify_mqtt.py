"""Alerts to a real broker that is killed, and what Home Assistant needs to show them."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from real_servers import free_port

from evenside.config import NotifyConfig
from evenside.errors import ConfigError
from evenside.notify.mqtt import open_mqtt, topic_part
from evenside.notify.target import Target, sink_name
from evenside.series import Forwarding
from evenside.store import Outbox

if TYPE_CHECKING:
    from tests.host.notify.conftest import House

Until = Callable[[Callable[[], bool]], None]
pytestmark = pytest.mark.program("mosquitto")


@dataclass
class Broker:
    """mosquitto, which forgets everything when it is killed."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *lines: str) -> None:
        config = self.folder / "mosquitto.conf"
        words = [f"listener {self.port} 127.0.0.1", "persistence false", *(lines or ("allow_anonymous true",))]
        if not config.exists():
            config.write_text("\n".join(words) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(["mosquitto", "-c", str(config)], stdout=log, stderr=log)
        end_s = monotonic() + 20.0
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                assert monotonic() < end_s, (self.folder / "mosquitto.log").read_text()
                sleep(0.02)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"


class Listener:
    """Somebody who subscribes."""

    def __init__(self, port: int, topic: str) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.ready = False
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _subscribed(self, *_: Any) -> None:
        self.ready = True

    def _message(self, client: Client, data: Any, message: Any) -> None:
        self.heard.append((message.topic, message.payload, message.retain))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def ids(self) -> list[str]:
        return [json.loads(payload)["id"] for _, payload, _ in self.heard]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    running = Broker(folder)
    running.start()
    yield running
    running.kill()


def test_every_alert_of_an_hour_without_its_broker_arrives_once(house: House, broker: Broker, until: Until) -> None:
    """The sender begins anew too, so that whoever listens is there before the first message is."""
    house.open("hub")
    way = NotifyConfig("hub", "mqtt", broker.url, "home")
    listener = Listener(broker.port, "home/+/alert")
    until(lambda: listener.ready)
    forwarding = house.forwarding(way)
    said = [house.say(f"rule {count}") for count in range(3)]
    house.decide()
    until(lambda: len(listener.heard) == 3)
    assert listener.ids() == said
    listener.close()
    missed = an_hour_without(house, broker, forwarding, until)
    forwarding.stop(0.2)
    broker.start()
    listener = Listener(broker.port, "home/+/alert")
    until(lambda: listener.ready)
    forwarding = house.forwarding(way)
    until(lambda: len(listener.heard) >= len(missed))
    forwarding.stop(5.0)
    listener.close()
    assert listener.ids() == missed
    assert {topic for topic, _, _ in listener.heard} == {"home/ann/alert"}


def test_a_sender_that_goes_on_loses_nothing_when_its_broker_is_back(
    house: House, broker: Broker, until: Until
) -> None:
    house.open("hub")
    forwarding = house.forwarding(NotifyConfig("hub", "mqtt", broker.url, "home"))
    missed = an_hour_without(house, broker, forwarding, until)
    broker.start()
    with Outbox(house.store.path, sink_name("hub")) as outbox:
        until(lambda: outbox.state().waiting == 0)
    forwarding.stop(5.0)
    states = Listener(broker.port, "home/ann/+/state")
    until(lambda: len(states.heard) >= len(missed))
    states.close()
    assert sorted(states.ids()) == sorted(missed)


def an_hour_without(house: House, broker: Broker, forwarding: Forwarding, until: Until) -> list[str]:
    """Kill the broker; then an alert a minute. Returns their ids once it is known that none can go."""
    broker.kill()
    said = []
    for _ in range(60):
        house.now_ns += 60 * 1_000_000_000
        said.append(house.say(f"rule {house.count}"))
        house.decide()
    until(lambda: forwarding.health()[sink_name("hub")].state == "waiting")
    return said


def test_home_assistant_learns_what_to_show_and_how_it_stands(house: House, broker: Broker, until: Until) -> None:
    house.open("hub")
    forwarding = house.forwarding(NotifyConfig("hub", "mqtt", broker.url))
    house.say("same shoulder")
    house.say("same shoulder", active=False)
    house.say("test", kind="test")
    house.decide()
    until(lambda: forwarding.health()[sink_name("hub")].state == "ok")
    forwarding.stop(10.0)
    shown, states = Listener(broker.port, "homeassistant/#"), Listener(broker.port, "evenside/#")
    until(lambda: bool(shown.heard and states.heard))
    (topic, payload, retained) = shown.heard[0]
    config = json.loads(payload)
    assert retained
    assert topic == f"homeassistant/binary_sensor/{config['unique_id']}/config"
    assert (config["name"], config["device"]["name"]) == ("same shoulder", "evenside ann")
    assert config["state_topic"] == config["json_attributes_topic"] == "evenside/ann/same_shoulder/state"
    ((state_topic, state, kept),) = states.heard
    assert (state_topic, kept) == (config["state_topic"], True)
    assert json.loads(state)["state"] == "OFF"
    assert json.loads(state)["facts"]["claim"] == 2
    assert len(shown.heard) == 1
    shown.close()
    states.close()


def test_a_broker_that_asks_for_a_password_stops_it_with_the_mend(broker: Broker) -> None:
    broker.kill()
    (broker.folder / "mosquitto.conf").unlink()
    broker.start("allow_anonymous false")
    transport = open_mqtt(Target("hub", broker.url))
    answer = transport.send(
        b'{"id":"0f","kind":"test","wearer":"ann","rule":"r","at_ns":1,"active":true,"side":"left","title":"t",'
        b'"text":"x","facts":{}}'
    )
    assert answer.outcome == "stopped", answer
    assert "user:password" in answer.mend


def test_what_is_no_broker_is_refused() -> None:
    with pytest.raises(ConfigError, match="is no broker"):
        open_mqtt(Target("hub", "http://127.0.0.1"))


@pytest.mark.parametrize(("name", "part"), [("same shoulder", "same_shoulder"), ("a/b+#", "a_b__"), ("", "_")])
def test_names_are_one_level_of_a_topic(name: str, part: str) -> None:
    assert topic_part(name) == part
