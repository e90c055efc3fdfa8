#!/bin/bash
# usage: build.sh KERNEL.deb FOLDER
# Makes FOLDER/vmlinux and FOLDER/initrd.gz: a kernel that mounts this machine's root read-only over 9p, a tmpfs over
# it, and begins guest.sh there. Nothing is installed, and nothing needs KVM.
set -e
here=$(cd "$(dirname "$0")" && pwd)
deb=$(realpath "$1")
mkdir -p "$2" && cd "$2" && folder=$PWD
export PATH=$PATH:/usr/sbin:/sbin
dpkg -x "$deb" tree
release=$(ls tree/lib/modules)
mkdir -p root/{bin,mods,new,ro,rw,proc,sys,dev}
cp "$(command -v busybox)" root/bin/busybox
for name in sh mount insmod switch_root mkdir; do ln -s busybox root/bin/$name; done
depmod -b tree "$release"
for module in virtio_pci 9pnet_virtio 9p overlay virtio_net virtio_console; do
  modprobe -d tree -S "$release" --show-depends $module | awk '/insmod/{print $2}'
done | awk '!seen[$0]++' | while read -r file; do cp "$file" root/mods/; basename "$file"; done >order
mv order root/mods/order
# The guest sees this machine's root, so paths are the same in both.
cat >root/init <<INIT
#!/bin/sh
export PATH=/bin
mount -t proc p /proc
mount -t devtmpfs d /dev
while read module; do insmod /mods/\$module; done </mods/order
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 root /ro
mount -t tmpfs t /rw
mkdir -p /rw/u /rw/w
mount -t overlay o -o lowerdir=/ro,upperdir=/rw/u,workdir=/rw/w /new
mount --move /dev /new/dev
mount --move /proc /new/proc
exec switch_root /new /bin/bash '$here/guest.sh' '$folder/tree'
INIT
chmod +x root/init
(cd root && find . | cpio -o -H newc --quiet | gzip -1) >initrd.gz
python3 - tree/boot/vmlinuz-* vmlinux <<'PYTHON'
# The kernel within the bzImage, so that it need not unpack itself in emulation.
import lzma
import struct
import sys

with open(sys.argv[1], "rb") as file:
    image = file.read()
setup = (image[0x1F1] + 1) * 512
offset, length = struct.unpack_from("<II", image, 0x248)
with open(sys.argv[2], "wb") as file:
    file.write(lzma.LZMADecompressor().decompress(image[setup + offset : setup + offset + length]))
PYTHON
