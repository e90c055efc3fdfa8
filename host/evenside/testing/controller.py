"""Bumble's virtual controller with the gaps filled that tests of reconnecting fall into.

As of 0.0.236 it answers the cancelling of a connection with success and keeps it pending all the same, so that every
later one is refused; it knows no link that ends for want of a peer; it gives the advertisement where a scan asks for
the response; and its packets are so short that each notification takes nine of them.
"""

from __future__ import annotations

import asyncio

from bumble import hci
from bumble.controller import Connection, Controller

__all__ = ["AirController"]

CONNECTION_TIMEOUT = 0x08
UNKNOWN_CONNECTION_IDENTIFIER = 0x02
PACKET_BYTES = 251
_SCAN_RESPONSES = (
    hci.HCI_LE_Advertising_Report_Event.EventType.SCAN_RSP,
    hci.HCI_LE_Extended_Advertising_Report_Event.EventType.SCAN_RESPONSE,
)


class AirController(Controller):
    """A controller on an ``Air``."""

    le_acl_data_packet_length = PACKET_BYTES
    acl_data_packet_length = PACKET_BYTES
    supported_max_tx_octets = PACKET_BYTES
    supported_max_rx_octets = PACKET_BYTES

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is not None:
            refused = hci.HCI_LE_Connection_Complete_Event(
                status=UNKNOWN_CONNECTION_IDENTIFIER,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address.address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
            asyncio.get_running_loop().call_soon(self.send_hci_packet, refused)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """To the host; a scan response with what the advertiser has for one, or not at all."""
        if isinstance(packet, hci.HCI_LE_Advertising_Report_Event | hci.HCI_LE_Extended_Advertising_Report_Event):
            for report in packet.reports:
                if report.event_type in _SCAN_RESPONSES:
                    advertiser = self.link.find_le_controller(report.address) if self.link else None
                    report.data = _response(advertiser, report.address) if advertiser else b""
        super().send_hci_packet(packet)

    def drop_link(self, connection: Connection, reason: int = CONNECTION_TIMEOUT) -> None:
        """End a link at this end alone."""
        if self.le_connections.get(connection.peer_address) is connection:
            self.on_le_disconnected(connection, reason)


def _response(advertiser: Controller, address: hci.Address) -> bytes:
    """What a device answers to a scan."""
    for advertised in advertiser.advertising_sets.values():
        if advertised.enabled and advertised.address == address:
            return bytes(advertised.scan_response_data)
    return bytes(advertiser.le_legacy_advertiser.scan_response_data)
