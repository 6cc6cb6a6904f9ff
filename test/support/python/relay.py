"""A network between two namespaces that delays and loses packets: relay.py <seed> <delay ms> <loss> <namespace> <namespace>

Each namespace has a device tun0, whose packets come out of the other one. Prints a line as soon as it relays.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
LIMIT = 2000  # most packets in transit, like the queue of a switch


def open_device(namespace):
    """Opens tun0 of a namespace."""
    with open(f"/run/netns/{namespace}") as file:
        os.setns(file.fileno(), os.CLONE_NEWNET)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN | IFF_NO_PI))
    return device


def main():
    seed, delay_ms, loss, *namespaces = sys.argv[1:]
    draw = random.Random(int(seed))
    delay, loss = float(delay_ms) / 1000, float(loss)
    devices = [open_device(namespace) for namespace in namespaces]
    under_way, number = [], 0  # (due, number, device, packet)
    print("relays", flush=True)
    while True:
        wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        ready, _, _ = select.select(devices, [], [], wait)
        for device in ready:
            packet = os.read(device, 65536)
            if draw.random() >= loss and len(under_way) < LIMIT:
                heapq.heappush(under_way, (time.monotonic() + delay, number, devices[device == devices[0]], packet))
                number += 1
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(under_way)
            try:
                os.write(device, packet)
            except OSError:
                pass  # the device is full or down: the packet is lost


main()
