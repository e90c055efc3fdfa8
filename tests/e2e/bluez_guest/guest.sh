#!/bin/bash
# Process 1 of the guest: guest.sh KERNEL_TREE. D-Bus and bluetoothd; the system bus on port 5555, orders on 5556.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root KTREE=$1
cd "$(dirname "$0")" || exit 1 # socat cuts what it is to execute at spaces: keep that relative
mount -t sysfs s /sys
mount -t tmpfs t /run
mkdir -p /run/dbus
for module in cmac ecb ecdh_generic algif_hash algif_skcipher bluetooth hci_uart; do modprobe -d "$KTREE" $module; done
ip link set lo up
net=$(ls /sys/class/net | grep -v lo | head -1)
ip addr add 10.0.2.15/24 dev "$net"
ip link set "$net" up
dbus-uuidgen --ensure
dbus-daemon --system --nopidfile --nofork &
for _ in $(seq 100); do
  [ -S /run/dbus/system_bus_socket ] && break
  sleep .1
done
/usr/libexec/bluetooth/bluetoothd -n >/run/bluetoothd.log 2>&1 &
socat TCP-LISTEN:5556,fork,reuseaddr EXEC:'bash order.sh' &
echo "guest ready"
exec socat TCP-LISTEN:5555,fork,reuseaddr UNIX-CONNECT:/run/dbus/system_bus_socket
