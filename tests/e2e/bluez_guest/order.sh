#!/bin/bash
# In the guest, one line in, one line out. attach: a fresh adapter (the controller must be on the line by then);
# detach: it is pulled; crash: bluetoothd is killed, and started again after so many seconds.
read -r order seconds
case $order in
detach | attach)
  [ -f /run/btattach.pid ] && kill "$(cat /run/btattach.pid)" 2>/dev/null && sleep .3
  rm -f /run/btattach.pid
  if [ "$order" = attach ]; then
    setsid btattach -B /dev/hvc0 -P h4 >/run/btattach.log 2>&1 </dev/null &
    echo $! >/run/btattach.pid
  fi
  ;;
log)
  tail -n 20 /run/*.log | tr '\n' ';'
  dmesg | tail -n 20 | tr '\n' ';'
  ;;
crash)
  kill -9 "$(pidof bluetoothd)"
  sleep "$seconds"
  setsid /usr/libexec/bluetooth/bluetoothd -n >>/run/bluetoothd.log 2>&1 </dev/null &
  ;;
esac
echo "done"
