"""A radio in software for Bumble's controllers: connection events, losses, and devices that walk out of range.

Bumble's own link delivers everything on the next turn of the loop. A real link layer is reliable but slow: what is lost
on the way comes with a later connection event, and only a long silence ends a link. So a host sees losses as delay, and
a vanished device as a disconnection with reason 0x08 after the supervision timeout. What this never does: reorder what
one device sends to another.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass

from bumble import ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.hci import Address
from bumble.link import LocalLink

from evenside.testing.controller import AirController

__all__ = ["Air", "RadioModel"]

PACKET_BYTES = 251  # of the link layer, with its data length extension
_Packet = tuple[Address, PhysicalTransport, bytes]
_Way = tuple[Controller, Controller]


@dataclass(frozen=True, slots=True)
class RadioModel:
    """``interval_s``: between connection events; None delivers at once. ``loss``: the chance that an event is lost for
    one direction. ``packets``: how many fit into an event. ``supervision_s``: silence that ends a link.
    """

    interval_s: float | None = 0.015
    loss: float = 0.0
    packets: int = 6
    supervision_s: float = 0.72

    def __post_init__(self) -> None:
        if self.interval_s is not None and not 0.0 < self.interval_s < 4.0:
            raise ValueError(f"interval_s {self.interval_s} must lie in 0 to 4, or be None")
        if not (0.0 <= self.loss < 1.0 and self.packets >= 1 and self.supervision_s > 0.0):
            raise ValueError(f"{self}: loss must lie in 0 to 1, packets and supervision_s be above 0")


class Air(LocalLink):
    """The ether between controllers. Everything belongs to one event loop."""

    def __init__(self, model: RadioModel | None = None, seed: int = 0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model or RadioModel()
        self.events_lost = 0
        self._chance = random.Random(seed)
        self._away: set[Controller] = set()
        self._queues: dict[_Way, deque[_Packet]] = {}
        self._pumps: dict[_Way, asyncio.Task[None]] = {}
        self._silences: dict[Controller, asyncio.Task[None]] = {}
        self._felt_s: dict[Controller, float] = {}

    # --- what a test does ---------------------------------------------------------------------------------------------

    def take_away(self, controller: Controller) -> None:
        """Out of range: nothing passes from now on, and its links end after the supervision timeout."""
        if controller not in self._away:
            self._away.add(controller)
            self._silences[controller] = asyncio.get_running_loop().create_task(self._supervise(controller))

    def bring_back(self, controller: Controller) -> None:
        """In range again; a link that the timeout has not ended yet goes on."""
        self._away.discard(controller)
        silence = self._silences.pop(controller, None)
        if silence is not None:
            silence.cancel()
        for way, queue in self._queues.items():
            if queue and controller in way:
                self._pump(way)

    def felt_s(self, controller: Controller) -> float:
        """When the radio of a controller last heard something, on the clock of the loop.

        A sensor stamps that moment in its radio's interrupt, however late this process comes to it.
        """
        return self._felt_s.get(controller, asyncio.get_running_loop().time())

    def drop_links(self, controller: Controller) -> None:
        """End every link of a controller now, at both ends, as if it had been silent for too long."""
        for mine in list(controller.le_connections.values()):
            peer = self.find_le_controller(mine.peer_address)
            if isinstance(peer, AirController):
                for theirs in list(peer.le_connections.values()):
                    if theirs.peer_address == mine.self_address:
                        peer.drop_link(theirs)
            if isinstance(controller, AirController):
                controller.drop_link(mine)
        for way in [way for way in self._queues if controller in way]:
            del self._queues[way]
            pump = self._pumps.pop(way, None)
            if pump is not None:
                pump.cancel()

    async def close(self) -> None:
        """Nothing moves any more."""
        tasks = [*self._pumps.values(), *self._silences.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _supervise(self, controller: Controller) -> None:
        await asyncio.sleep(self.model.supervision_s)
        self.drop_links(controller)

    # --- what Bumble's controllers ask of a link ----------------------------------------------------------------------

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        if sender_controller in self._away:
            return
        loop = asyncio.get_running_loop()
        for controller in self.controllers:
            if controller is not sender_controller and controller not in self._away:
                loop.call_soon(controller.on_ll_advertising_pdu, packet)

    def send_ll_control_pdu(self, sender_address: Address, receiver_address: Address, packet: ll.ControlPdu) -> None:
        sender, receiver = self.find_le_controller(sender_address), self.find_le_controller(receiver_address)
        if receiver is None or sender in self._away or receiver in self._away:
            return
        asyncio.get_running_loop().call_soon(receiver.on_ll_control_pdu, sender_address, packet)

    def send_acl_data(
        self, sender_controller: Controller, destination_address: Address, transport: PhysicalTransport, data: bytes
    ) -> None:
        receiver = self.find_le_controller(destination_address)
        if transport != PhysicalTransport.LE or receiver is None:
            return
        links = sender_controller.le_connections.values()
        own = (link.self_address for link in links if link.peer_address == destination_address)
        source = next(own, sender_controller.random_address)
        way = (sender_controller, receiver)
        if self.model.interval_s is None and not self._away:
            asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, source, transport, data)
            return
        self._queues.setdefault(way, deque()).append((source, transport, data))
        self._pump(way)

    def _pump(self, way: _Way) -> None:
        if way not in self._pumps or self._pumps[way].done():
            self._pumps[way] = asyncio.get_running_loop().create_task(self._deliver(way))

    async def _deliver(self, way: _Way) -> None:
        """One connection event after the other, while something waits."""
        loop, interval_s = asyncio.get_running_loop(), self.model.interval_s or 0.0075
        while queue := self._queues.get(way):
            anchor_s = (int(loop.time() / interval_s) + 1) * interval_s
            await asyncio.sleep(anchor_s - loop.time())
            if not self._away.isdisjoint(way):
                continue
            if self._chance.random() < self.model.loss:
                self.events_lost += 1
                continue
            self._felt_s[way[1]] = anchor_s
            room = self.model.packets
            while queue and room > 0:
                source, transport, data = queue.popleft()
                room -= max(1, -(-len(data) // PACKET_BYTES))
                way[1].on_link_acl_data(source, transport, data)
