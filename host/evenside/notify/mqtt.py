"""Alerts over MQTT, with what Home Assistant needs to show them without being told.

Every alert goes to ``TOPIC/WEARER/alert`` with quality of service 1, and its state (ON or OFF, all facts beside) to
``TOPIC/WEARER/RULE/state``, retained. Before the first of a rule on a connection its discovery message goes to
``homeassistant/binary_sensor/…/config``, retained: a broker that lost its memory learns it again. A message is taken
when the broker has acknowledged all of it.
"""

from __future__ import annotations

import json
import re
import threading
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from evenside import __version__
from evenside.errors import ConfigError
from evenside.notify.message import Message, message_id, message_of_line
from evenside.notify.target import OneWay, Target, needed
from evenside.series import Answer

__all__ = ["Mqtt", "discovery", "open_mqtt", "topic_part"]

_LOOK_S = 0.1
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_STOPPED = frozenset({"Not authorized", "Bad user name or password", "Banned", "Bad authentication method"})


class Mqtt(OneWay):
    """One connection to one broker; made anew after any failure."""

    def __init__(self, target: Target) -> None:
        """Raises ConfigError where the client is not installed, or the secret cannot be read."""
        self._paho = needed("paho.mqtt.client", "mqtt")
        self._target = target
        parts = urlsplit(target.url)
        self._tls = parts.scheme == "mqtts"
        self._place = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        self._user, _, self._password = target.secret.read().partition(":")
        self._client: Any = None
        self._up = threading.Event()
        self._refusal = ""
        self._shown: set[tuple[str, str]] = set()  # wearers and rules that this connection told of

    def send(self, body: bytes) -> Answer:
        message = message_of_line(body)
        end_s = monotonic() + self._target.timeout_s
        hindrance = self._connected(end_s)
        if hindrance is not None:
            self.close()
            return hindrance
        try:
            sent = [self._client.publish(*one, qos=1) for one in self._parts(message, body)]
            sent += [self._client.publish(*one, qos=1, retain=True) for one in self._retained(message, body)]
            for one in sent:
                while not one.is_published() and self._client.is_connected() and monotonic() < end_s:
                    one.wait_for_publish(_LOOK_S)  # a connection that broke wakes nobody who waits here
            taken = all(one.is_published() for one in sent)
        except (OSError, ValueError, RuntimeError) as error:
            self.close()
            return self._away(str(error))
        if not taken:
            self.close()
            return self._away("it did not acknowledge the message")
        self._shown.add((message.wearer, message.rule))
        return Answer("taken")

    def close(self) -> None:
        client, self._client = self._client, None
        self._shown.clear()
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _parts(self, message: Message, body: bytes) -> list[tuple[str, bytes]]:
        return [(f"{self._target.topic}/{topic_part(message.wearer)}/alert", body)]

    def _retained(self, message: Message, body: bytes) -> list[tuple[str, bytes]]:
        if message.kind in ("digest", "test"):  # nothing that is on or off
            return []
        state = json.dumps({"state": "ON" if message.active else "OFF", **json.loads(body)}, ensure_ascii=False)
        found = [(_state_topic(self._target.topic, message), state.encode())]
        if (message.wearer, message.rule) not in self._shown:
            found.insert(0, discovery(self._target.topic, message))
        return found

    def _connected(self, end_s: float) -> Answer | None:
        """Connect where it is not. Returns what kept it from that."""
        if self._client is not None and self._client.is_connected():
            return None
        self.close()
        self._up.clear()
        self._refusal = ""
        paho = self._paho
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="", reconnect_on_failure=False)
        client.on_connect = self._on_connect
        client.connect_timeout = max(0.1, end_s - monotonic())
        if self._user:
            client.username_pw_set(self._user, self._password or None)
        try:
            if self._tls:
                client.tls_set(ca_certs=str(self._target.ca_file) if self._target.ca_file else None)
            client.connect(*self._place, keepalive=30)
        except OSError as error:
            return self._away(str(error))
        self._client = client
        client.loop_start()
        if not self._up.wait(max(0.1, end_s - monotonic())):
            return self._away("it does not answer")
        if self._refusal in _STOPPED:
            mend = f"give [[notify]] {self._target.name!r} a user:password that may publish there"
            return Answer("stopped", f"{self._target.url} refuses: {self._refusal}", mend)
        return self._away(self._refusal) if self._refusal else None

    def _on_connect(self, client: object, data: object, flags: object, reason: Any, properties: object) -> None:
        self._refusal = str(reason) if reason.is_failure else ""
        self._up.set()

    def _away(self, words: str) -> Answer:
        return Answer("busy", f"{self._target.url} cannot be reached: {words}", "start the broker, or correct its url")


def discovery(topic: str, message: Message) -> tuple[str, bytes]:
    """Topic and payload that make Home Assistant show a rule of a wearer."""
    unique = f"evenside_{message_id(topic, message.wearer, message.rule)[:16]}"
    state = _state_topic(topic, message)
    payload = {
        "name": message.rule,
        "unique_id": unique,
        "state_topic": state,
        "value_template": "{{ value_json.state }}",
        "json_attributes_topic": state,
        "device": {
            "identifiers": [f"evenside_{message_id(topic, message.wearer)[:16]}"],
            "name": f"evenside {message.wearer}",
            "manufacturer": "evenside",
        },
        "origin": {"name": "evenside", "sw_version": __version__},
    }
    return f"homeassistant/binary_sensor/{unique}/config", json.dumps(payload, ensure_ascii=False).encode()


def topic_part(name: str) -> str:
    """A name as one level of a topic: what may not stand there becomes an underscore."""
    return re.sub(r"[/+#\x00\s]", "_", name) or "_"


def open_mqtt(target: Target) -> Mqtt:
    """Raises ConfigError where the url is that of no broker; see ``Mqtt``."""
    if urlsplit(target.url).scheme not in _PORTS:
        raise ConfigError(
            f"[[notify]] {target.name!r}: {target.url!r} is no broker", mend='such as url = "mqtt://127.0.0.1:1883"'
        )
    return Mqtt(target)


def _state_topic(topic: str, message: Message) -> str:
    return f"{topic}/{topic_part(message.wearer)}/{topic_part(message.rule)}/state"
